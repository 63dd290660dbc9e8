/** Secrets planted where real ones would be, and the places they must not turn up in. */
export interface Canary {
  /** What it stands for: `database password`, `api key`, `query parameter`. */
  readonly kind: string;
  readonly secret: string;
}

export interface Leak {
  readonly kind: string;
  readonly place: string;
  /** The characters around it, with the secret itself blotted out. */
  readonly around: string;
}

/** Collects what a run prints, answers and writes, and looks for planted secrets in it: plain, percent-encoded, base64 and hexadecimal. */
export class CanaryScan {
  readonly #canaries: readonly Canary[];
  readonly #leaks: Leak[] = [];
  readonly #bytesByPlace: Map<string, number> = new Map();

  constructor(canaries: readonly Canary[]) {
    this.#canaries = canaries;
  }

  /** Looks through one text of a place: a log line, a page, a metric scrape, a file. */
  look(place: string, content: string): void {
    this.#bytesByPlace.set(place, (this.#bytesByPlace.get(place) ?? 0) + content.length);
    for (const { kind, secret } of this.#canaries)
      for (const form of formsOf(secret)) {
        const at = content.indexOf(form);
        if (at >= 0)
          this.#leaks.push({ kind, place, around: `${content.slice(Math.max(0, at - 40), at)}█${content.slice(at + form.length, at + form.length + 20)}` });
      }
  }

  get leaks(): readonly Leak[] {
    return this.#leaks;
  }

  /** How much was looked at, by place: a scan of nothing proves nothing. */
  get looked(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#bytesByPlace);
  }
}

/** A secret as it may appear after somebody encoded it. */
function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  return [
    ...new Set([secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), bytes.toString('base64').replace(/=+$/, ''), bytes.toString('hex')]),
  ];
}
