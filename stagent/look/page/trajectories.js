// The page's other half: a file of trajectories, and one of them: what was said and called, and what it is worth.
//
//     file (the server's, or chosen here) ─► listing(wanted, page): rows ─► line(7): a trajectory ─► conversation, map
import * as api from "./api.js";
import { ChosenFile } from "./chosen_file.js";
import { byId, h } from "./dom.js";
import { keepFocus } from "./focus.js";
import { extent, firstKey, itemNumber, shapesOf } from "./shapes.js";
import { ALL, pager, sayCount, showFilters, showRows } from "./shelf.js";
import { itemKey, showStep, valueAt } from "./steps.js";
import { showTalk } from "./talk.js";
import { ANSWER, CONTEXT, object, trajectoryOf } from "./trajectory.js";
import { coordinate } from "./values.js";
import { WitnessCard } from "./witness.js";
import { say, sayFailure } from "./words.js";

const TYPING = 250; // ms after the last key until a search begins
const PASSING = 120; // ms that a pointer rests on a claim before its witness unfolds

const served = { listing: (wanted, page) => api.trajectories({ ...wanted, page }), line: api.trajectory };

export class Trajectories {
  /** @param on {map, world(), schema(tool), goTo(city), again(call), isShown()} */
  constructor(on) {
    Object.assign(this, { on, file: null, wanted: { ...ALL }, page: 0, listing: null, failure: null, one: null, places: new Map() });
    this.card = new WitnessCard();
    this.claim = null; // index of the one whose witness is shown
    this.handlers = {
      fold: (i) => this.fold(i),
      view: (i, name) => (this.one.opened.set(i, name), this.update(i)),
      choose: (i, key) => this.choose(key, i),
      again: on.again,
      whole: (i) => (this.one.whole.add(i), this.update(i)),
      turn: (step) => this.turn(step),
      open: (line) => this.open(line, true),
    };
    byId("file").addEventListener("change", ({ target }) => target.files[0] && this.choseFile(target.files[0]));
    byId("filters").addEventListener("submit", (event) => event.preventDefault());
    byId("rows").addEventListener("keydown", (event) => walk(event));
    this.listen(byId("talk"));
  }

  /** The server's file, and of it the line of the address, or the first. */
  async openServed(line) {
    this.file = served;
    this.list();
    await this.open(line);
  }

  /** A file that a person chose or dropped here. */
  choseFile(file) {
    this.file = new ChosenFile(file);
    Object.assign(this, { wanted: { ...ALL }, page: 0, listing: null, one: null });
    byId("file").value = ""; // so that the same one can be chosen once more
    this.speak();
    this.list(true);
  }

  /** All in the language spoken now. */
  speak() {
    this.handlers.fields = this.on.world().fields;
    this.handlers.leaves = this.on.world().leaves;
    this.showPages = pager(byId("pages"), (page) => ((this.page = page), this.list()));
    this.showFilters();
    this.showRows();
    this.showOne();
  }

  showFilters() {
    const want = (name, value) => {
      this.wanted[name] = value;
      this.page = 0;
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.list(), name === "text" || name === "least" || name === "most" ? TYPING : 0);
    };
    byId("filters").hidden = !this.file;
    this.counted = Object.keys(this.listing?.leaves ?? {}).length;
    keepFocus(byId("filters"), () => showFilters(byId("filters"), this.wanted, this.listing?.leaves ?? {}, { want, leaves: this.on.world().leaves }));
  }

  /** Asks for rows until the file is read; `isNew`: the first of them is opened. */
  async list(isNew = false) {
    const asked = (this.asked = {}); // a newer question makes this one void
    do {
      try {
        const listing = await this.file.listing(this.wanted, this.page);
        if (this.asked !== asked) return;
        Object.assign(this, { listing, page: listing.page, failure: null });
      } catch (error) {
        if (!(error instanceof api.Failure)) throw error;
        if (this.asked !== asked) return;
        this.failure = error;
      }
      this.showRows();
      const first = this.listing?.rows.find(({ broken }) => !broken);
      if (isNew && first && !this.one) this.open(first.line);
    } while (!this.failure && this.listing.read < 1);
    if (Object.keys(this.listing?.leaves ?? {}).length !== this.counted || isNew) this.showFilters();
  }

  showRows() {
    const { listing, failure } = this;
    const line = this.one?.line ?? null;
    byId("file-name").textContent = listing?.name ?? "";
    byId("count").textContent = failure ? sayFailure(failure) : listing ? sayCount(listing) : say(this.file ? "loading" : "noFile");
    byId("count").classList.toggle("fail", Boolean(failure));
    keepFocus(byId("rows"), () => showRows(byId("rows"), listing?.rows ?? [], line, this.handlers));
    this.showPages(listing ?? { page: 0, pages: 1 });
  }

  /** Opens a line; without a number the first that is a trajectory. */
  async open(line, isAsked = false) {
    const opening = (this.opening = {});
    let value;
    try {
      line ??= (await this.file.listing(ALL, 0)).rows.find(({ broken }) => !broken)?.line;
      if (line === undefined) return;
      value = await this.file.line(line);
    } catch (error) {
      if (!(error instanceof api.Failure)) throw error;
      if (this.opening === opening) byId("talk").replaceChildren(h("p", { class: "fail" }, sayFailure(error)));
      return;
    }
    if (this.opening !== opening) return;
    const trajectory = trajectoryOf(object(value), line);
    this.one = { trajectory, line, opened: new Map(), whole: new Set(), drawn: null, chosen: null, note: this.note(trajectory) };
    if (this.file === served) history.replaceState(null, "", `#${line}`);
    this.showRows();
    this.showOne();
    const scroller = byId("talk").parentElement;
    scroller.scrollTop = 0;
    if (!matchMedia("(max-width: 820px)").matches) byId("rows").querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
    else if (isAsked) scroller.scrollIntoView({ block: "start" });
    this.showPlace();
  }

  /** What is to be known of a trajectory's world: the map may be another one's. */
  note({ task }) {
    const { name, version } = this.on.world();
    return task.world === name && task.version === version ? "" : say("otherWorld", `${task.world} ${task.version}`.slice(0, 100));
  }

  /** To the row before or after the open one, on the page of the list. */
  turn(step) {
    const rows = this.listing.rows.filter(({ broken }) => !broken);
    const at = rows.findIndex(({ line }) => line === this.one.line);
    const next = at < 0 ? rows[0] : rows[at + step];
    if (next) this.open(next.line);
  }

  showOne() {
    this.leave();
    if (!this.one) return byId("talk").replaceChildren(h("p", { class: "soft none" }, say("noneOpen")));
    this.one.note = this.note(this.one.trajectory);
    keepFocus(byId("talk"), () => (this.places = showTalk(byId("talk"), this.one, this.handlers)));
  }

  /** A step anew, after something in it was opened, shut or chosen. */
  update(i) {
    const element = this.places.get(i);
    keepFocus(element, () => showStep(element, i, this.one, this.handlers));
  }

  fold(i) {
    const { opened } = this.one;
    if (opened.delete(i)) return this.update(i);
    opened.set(i, "items");
    this.draw(i, null);
  }

  /** Puts a step's call on the map; `key`: of the item that is chosen, null: the one that is shown first. */
  draw(i, key) {
    const { one } = this;
    const before = one.drawn;
    const shapes = this.shapes(i);
    Object.assign(one, { drawn: i, chosen: key ?? (shapes && firstKey(shapes)) });
    for (const step of new Set([before, i])) if (step !== null) this.update(step);
    this.showOnMap(before !== i);
  }

  shapes(i) {
    const { call } = this.one.trajectory.steps[i] ?? {};
    if (!call) return null;
    try {
      return shapesOf(call, this.on.world().cities, this.on.schema(call.tool));
    } catch {
      return null; // a result can have any shape
    }
  }

  /** Chooses an item of a step, or of the one on the map; once more: none. */
  choose(key, i = this.one?.drawn) {
    const { one } = this;
    if (!one || i === null) return;
    if (one.drawn !== i) return this.draw(i, key);
    one.chosen = one.chosen === key ? null : key;
    if (!one.opened.has(i)) one.opened.set(i, "items");
    this.update(i);
    this.showOnMap();
    if (one.chosen) this.places.get(i).querySelector(".item.chosen, .list .chosen")?.scrollIntoView({ block: "nearest", behavior: "smooth" });
  }

  /** The map where the trajectory is, with the last of its calls that can be drawn. */
  showPlace() {
    const { one } = this;
    const { cities } = this.on.world();
    const city = one.note ? -1 : cities.findIndex(({ name }) => name === one.trajectory.task.context?.city);
    if (city >= 0) this.on.goTo(city);
    const drawable = one.trajectory.steps.findLastIndex((_, i) => (this.shapes(i) ? extent(this.shapes(i)).length : 0) > 0);
    if (drawable >= 0) this.draw(drawable, null);
    else this.showOnMap(true);
  }

  showOnMap(isNew = false) {
    if (!this.on.isShown()) return;
    const { one } = this;
    const me = coordinate(one?.trajectory.task.context?.location);
    const shapes = (one && one.drawn !== null && this.shapes(one.drawn)) || (me && { routes: [], buffers: [], circle: null, pins: [], marks: [], arcs: [], spokes: [] });
    if (!shapes) return this.on.map.showShapes(null, null);
    const points = isNew ? extent(shapes) : [];
    if (me) shapes.marks.unshift({ at: me, label: say("me") });
    this.on.map.showShapes(shapes, one.chosen, { points: isNew && !points.length && me ? [me] : points });
  }

  // claims and their witnesses

  listen(talk) {
    const claimOf = ({ target }) => target.closest?.("[data-claim]");
    talk.addEventListener("mouseover", (event) => {
      clearTimeout(this.resting);
      const mark = claimOf(event);
      if (mark) this.resting = setTimeout(() => mark.isConnected && this.point(mark), PASSING);
      else if (this.card.anchor && !this.card.anchor.matches(":focus")) this.leave();
    });
    talk.addEventListener("mouseleave", () => clearTimeout(this.resting));
    talk.addEventListener("focusin", (event) => (claimOf(event) ? this.point(claimOf(event)) : this.leave()));
    talk.addEventListener("focusout", (event) => claimOf(event) && this.leave());
    let wasShown = false; // a finger's first tap shows, its second one goes there
    talk.addEventListener("pointerdown", (event) => (wasShown = claimOf(event) !== null && claimOf(event) === this.card.anchor), { capture: true });
    talk.addEventListener("click", (event) => claimOf(event) && wasShown && this.goToWitness());
    talk.addEventListener("keydown", (event) => {
      if (event.key === "Escape") return this.goBack();
      if (!claimOf(event) || (event.key !== "Enter" && event.key !== " ")) return;
      event.preventDefault();
      this.goToWitness();
    });
    byId("back").addEventListener("mousedown", (event) => event.preventDefault()); // the claim keeps the focus
    byId("back").addEventListener("click", () => this.goBack());
  }

  /** Shows a claim's witness: its steps unfold, its values are marked, its card lies beside it; the claim stays in place. */
  point(mark) {
    if (this.card.anchor === mark) return;
    this.leave();
    const claim = this.one.trajectory.score.claims[Number(mark.dataset.claim)];
    this.claim = { ...claim, mark, at: -1, found: [] };
    stay(mark, () => {
      const first = claim.facts.find(({ step }) => this.one.trajectory.steps[step]?.call);
      for (const step of new Set(claim.facts.map((fact) => fact.step))) {
        if (this.one.trajectory.steps[step]?.call && !this.one.opened.has(step)) {
          this.one.opened.set(step, "items");
          this.update(step);
        }
      }
      if (first) this.draw(first.step, itemKey(first.path, (item) => itemNumber(this.one.trajectory.steps[first.step].call.reply.content, item)));
      claim.facts.forEach((fact) => this.find(fact)); // which may show a step as JSON, with values found before
      this.claim.found = claim.facts.map((fact) => this.find(fact));
      for (const place of this.claim.found) place?.classList.add("witnessed");
    });
    this.card.show(claim, mark, this.one.trajectory.steps, -1);
  }

  /** The element of a fact's value; where the list of items doesn't show it, the step's JSON does. */
  find({ step, path, text }) {
    if (step === ANSWER) return this.otherClaim(text);
    if (step === CONTEXT && path === "user") return this.saidBefore(text);
    const element = this.places.get(step);
    if (!element) return null;
    const place = valueAt(element, path);
    if (place || this.one.opened.get(step) !== "items") return place;
    this.one.opened.set(step, "json");
    this.update(step);
    return valueAt(element, path);
  }

  /** Another claim of the same answer. */
  otherClaim(text) {
    const { trajectory } = this.one;
    const { answer, mark } = this.claim;
    const other = trajectory.score.claims.findIndex((one, i) => i !== Number(mark.dataset.claim) && one.answer === answer && one.text === text);
    return this.places.get(trajectory.answers[answer])?.querySelector(`.words [data-claim="${other}"]`) ?? null;
  }

  /** What the user said before the answer: the words with this text, or the last ones. */
  saidBefore(text) {
    const { steps, answers } = this.one.trajectory;
    const before = steps.map((step, i) => i < answers[this.claim.answer] && step.role === "user");
    const exact = steps.findLastIndex((step, i) => before[i] && step.text.includes(text));
    return this.places.get(exact < 0 ? before.lastIndexOf(true) : exact)?.querySelector(".said") ?? null;
  }

  /** Scrolls to the claim's witness, each time to the next of its values. */
  goToWitness() {
    const { claim } = this;
    const places = (claim?.found ?? []).map((place, i) => [place, i]).filter(([place]) => place?.isConnected);
    if (!places.length) return;
    const [place, at] = places.find(([, i]) => i > claim.at) ?? places[0];
    claim.at = at;
    place.scrollIntoView({ block: "center", behavior: "smooth" });
    this.card.show(claim, claim.mark, this.one.trajectory.steps, at);
    byId("back").hidden = false;
  }

  /** Back to the claim whose witness was looked at. */
  goBack() {
    const { claim } = this;
    byId("back").hidden = true;
    if (!claim) return;
    claim.mark.scrollIntoView({ block: "center", behavior: "smooth" });
    if (claim.at < 0) this.leave();
    else claim.mark.focus({ preventScroll: true });
    claim.at = -1;
  }

  leave() {
    this.card.hide();
    byId("back").hidden = true;
    for (const place of byId("talk").querySelectorAll(".witnessed")) place.classList.remove("witnessed");
    this.claim = null;
  }
}

/** Does something above an element that changes how much room that takes; the element stays where it is seen. */
function stay(element, act) {
  const before = element.getBoundingClientRect().top;
  act();
  const moved = element.getBoundingClientRect().top - before;
  const talk = element.closest(".talk");
  const scroller = talk.scrollHeight > talk.clientHeight && getComputedStyle(talk).overflowY === "auto" ? talk : document.scrollingElement;
  scroller.scrollTop += moved;
}

/** Arrow keys go from row to row. */
function walk(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const rows = [...event.currentTarget.querySelectorAll("button.row")];
  const next = rows[rows.indexOf(document.activeElement) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}
