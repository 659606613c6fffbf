// A file of trajectories that stays where it is: chosen or dropped here, read in slices, nothing is sent. It answers as
// the server does for its own.
import { Failure } from "./api.js";
import { blank, rowOf, takes } from "./summary.js";

const PAGE_ROWS = 50;
const SLICE = 4 << 20; // bytes at once
const MAX_LINE = 64 << 20; // bytes; a longer one is named as broken
const READING = 100; // ms of reading on, a question

export class ChosenFile {
  /** @param file a File of the browser */
  constructor(file) {
    Object.assign(this, { file, rows: [], places: [], leaves: {}, next: 0, lines: 0, slice: SLICE, isSkipping: false });
  }

  /** {name, read, lines, matching, page, pages, leaves, rows} of what is read by now. */
  async listing(wanted, page) {
    const until = performance.now() + READING;
    do await this.readOn();
    while (performance.now() < until && this.next < this.file.size);
    const found = this.rows.filter((row) => takes(wanted, row));
    const pages = Math.max(1, Math.ceil(found.length / PAGE_ROWS));
    const at = Math.min(page, pages - 1);
    return {
      name: this.file.name,
      read: this.next >= this.file.size ? 1 : this.next / this.file.size,
      lines: this.rows.length,
      matching: found.length,
      page: at,
      pages,
      leaves: this.leaves,
      rows: found.slice(at * PAGE_ROWS, (at + 1) * PAGE_ROWS),
    };
  }

  /** A line that is a trajectory, as JSON. */
  async line(number) {
    const [start, end] = this.places[this.rows.findIndex((row) => row.line === number)];
    return JSON.parse(new TextDecoder().decode(await this.bytes(start, end)));
  }

  async bytes(start, end) {
    try {
      return new Uint8Array(await this.file.slice(start, end).arrayBuffer());
    } catch {
      throw new Failure("changed"); // on the disk, since it was chosen
    }
  }

  async readOn() {
    const bytes = await this.bytes(this.next, this.next + this.slice);
    const isLast = this.next + bytes.length >= this.file.size;
    let from = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
      this.take(bytes.subarray(from, end + 1), this.next + from);
      from = end + 1;
    }
    if (isLast && from < bytes.length) {
      this.take(bytes.subarray(from), this.next + from, true);
      from = bytes.length;
    } else if (!from && (this.isSkipping || bytes.length > MAX_LINE)) {
      if (!this.isSkipping) this.take(bytes, this.next);
      this.isSkipping = true; // to where the line ends
      from = bytes.length;
    }
    this.slice = from ? SLICE : Math.min(2 * this.slice, MAX_LINE + 1);
    this.next += from;
  }

  take(bytes, start, isOpen = false) {
    if (this.isSkipping) return (this.isSkipping = false);
    this.lines += 1;
    const row = bytes.length > MAX_LINE ? blank(this.lines, "tooLong") : rowOf(this.lines, bytes);
    if (!row) return;
    if (isOpen && row.broken) row.broken = "unfinished";
    if (row.leaf) this.leaves[row.leaf] = (this.leaves[row.leaf] ?? 0) + 1;
    this.rows.push(row);
    this.places.push([start, start + bytes.length]);
  }
}
