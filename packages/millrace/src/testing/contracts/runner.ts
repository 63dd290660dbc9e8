/** The little a contract suite needs of the runner it is told in: vitest's, node's, anybody's. */
export interface ContractRunner {
  it(name: string, run: () => Promise<void>): void;
}
