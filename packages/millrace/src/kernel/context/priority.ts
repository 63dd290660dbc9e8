/** One scale for HTTP, pool, upstream and jobs; larger is sooner. */
export const priorities = { critical: 20, high: 10, normal: 5, low: 1 } as const;

export type PriorityName = keyof typeof priorities;

/** A name of the scale, or a number on it. */
export type Priority = PriorityName | number;

export const priorityOf = (priority: Priority): number => (typeof priority === 'number' ? priority : priorities[priority]);
