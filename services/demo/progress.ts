export type Say = (line: string) => void;

export interface ProgressLine {
  show(what: string, done: number, total: number): void;
  end(): void;
}

const stepPercent = 25;

/** One line that is written over on a terminal; elsewhere a line per quarter, so that a log stays short. */
export function progressLine(say: Say, stream: NodeJS.WriteStream = process.stdout): ProgressLine {
  let shownPercent = -stepPercent;
  let isOpen = false;
  return {
    show(what, done, total) {
      const percent = total === 0 ? 100 : Math.floor((done / total) * 100);
      const text = `${what}, ${done} of ${total} rows (${percent} %)`;
      if (stream.isTTY) {
        stream.write(`\r\x1b[2K${text}`);
        isOpen = true;
      } else if (percent >= shownPercent + stepPercent) {
        shownPercent = percent;
        say(text);
      }
    },
    end() {
      if (isOpen) stream.write('\n');
    },
  };
}
