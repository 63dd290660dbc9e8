/** Who imports whom: a file to the files it imports. */
export type Graph = ReadonlyMap<string, ReadonlySet<string>>;

/** For every knot of files that reach each other, its shortest circle: `[a, b, c]` means a → b → c → a. */
export function shortestCycles(graph: Graph): string[][] {
  return knots(graph).map((knot) => {
    const members = new Set(knot);
    let best: string[] | undefined;
    for (const start of knot) {
      const circle = shortestWayBack(start, graph, members);
      if (circle && (!best || circle.length < best.length)) best = circle;
    }
    return best ?? knot;
  });
}

function shortestWayBack(start: string, graph: Graph, members: ReadonlySet<string>): string[] | undefined {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (let from = queue.shift(); from !== undefined; from = queue.shift()) {
    for (const to of graph.get(from) ?? []) {
      if (to === start) return wayTo(from, start, cameFrom);
      if (!members.has(to) || cameFrom.has(to)) continue;
      cameFrom.set(to, from);
      queue.push(to);
    }
  }
  return undefined;
}

function wayTo(end: string, start: string, cameFrom: ReadonlyMap<string, string>): string[] {
  const way = [end];
  for (let at = end; at !== start; ) {
    at = cameFrom.get(at) as string;
    way.unshift(at);
  }
  return way;
}

/** Strongly connected components with more than one file, or a file that imports itself (Tarjan 1972, with an own stack instead of recursion). */
function knots(graph: Graph): string[][] {
  const found: string[][] = [];
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const open: string[] = [];
  const isOpen = new Set<string>();
  for (const root of graph.keys()) {
    if (order.has(root)) continue;
    const work: { node: string; rest: Iterator<string> }[] = [];
    const enter = (node: string): void => {
      order.set(node, order.size);
      low.set(node, order.size - 1);
      open.push(node);
      isOpen.add(node);
      work.push({ node, rest: (graph.get(node) ?? new Set<string>()).values() });
    };
    enter(root);
    for (let top = work.at(-1); top; top = work.at(-1)) {
      const { node, rest } = top;
      const next = rest.next();
      if (!next.done) {
        if (!order.has(next.value)) enter(next.value);
        else if (isOpen.has(next.value)) low.set(node, Math.min(low.get(node) as number, order.get(next.value) as number));
        continue;
      }
      work.pop();
      const above = work.at(-1);
      if (above) low.set(above.node, Math.min(low.get(above.node) as number, low.get(node) as number));
      if (low.get(node) !== order.get(node)) continue;
      const knot = open.splice(open.indexOf(node));
      for (const one of knot) isOpen.delete(one);
      if (knot.length > 1 || graph.get(node)?.has(node)) found.push(knot);
    }
  }
  return found;
}
