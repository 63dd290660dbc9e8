/** Bounds of `http_request_duration_seconds`: the six that dashboards of the source documents expect, and finer ones below, down to 1 ms. */
export const durationBounds: readonly number[] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10];

/** Bounds of `external_api_duration_seconds`. */
export const externalBounds: readonly number[] = [0.5, 1, 2, 5, 10, 30];
