import { createHash } from 'node:crypto';

/** A Lua script and its name at the server. It is sent whole only where the server does not know it yet. */
export class Script {
  readonly text: string;
  readonly sha: string;
  constructor(text: string) {
    this.text = text;
    this.sha = createHash('sha1').update(text).digest('hex');
  }
}
