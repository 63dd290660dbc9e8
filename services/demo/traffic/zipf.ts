/** Picks 0 to `count - 1` by Zipf's law: the item of rank r is asked for in proportion to 1 / r^exponent, as in real catalogues. */
export function zipf(count: number, chance: () => number, exponent = 1): () => number {
  const upTo = new Float64Array(count);
  let sum = 0;
  for (let rank = 1; rank <= count; rank++) {
    sum += rank ** -exponent;
    upTo[rank - 1] = sum;
  }
  return () => firstAtLeast(upTo, chance() * sum);
}

function firstAtLeast(ascending: Float64Array, wanted: number): number {
  let [low, high] = [0, ascending.length - 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
