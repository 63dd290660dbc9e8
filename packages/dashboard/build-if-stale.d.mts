/** Is there no build in `root`, or one older than its sources? */
export declare function isStale(root?: string): boolean;
/** Builds the dashboard when its build is missing or older than its sources; says nothing when it is fresh. */
export declare function buildIfStale(options?: { readonly force?: boolean }): Promise<{ readonly built: boolean; readonly directory: string }>;
