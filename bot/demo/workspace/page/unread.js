// What others said in channels that are not looked at, since this page was opened.

import * as api from "./api.js";

const newest = (messages) => messages.at(-1)?.ts ?? "";

export class Unread {
  constructor() {
    this.counts = new Map(); // channel → how many
    this.seen = new Map(); // channel → ts of the newest message that counts as read
  }

  /** The person looks at `channel` now. */
  look(channel, messages) {
    this.seen.set(channel, newest(messages));
    this.counts.delete(channel);
  }

  /** Something changed in a channel elsewhere: an edit or a reply is nothing new. */
  async heed(channel, me) {
    const { messages } = await api.state(channel);
    if (!messages) return;
    if (!this.seen.has(channel)) this.seen.set(channel, newest(messages));
    const fresh = messages.filter(({ ts, user }) => ts > this.seen.get(channel) && user !== me);
    this.counts.set(channel, fresh.length);
  }
}
