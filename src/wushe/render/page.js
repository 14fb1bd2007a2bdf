(() => {
  "use strict";
  const root = document.documentElement;
  const words = JSON.parse(document.getElementById("words").textContent);
  const lang = () => root.dataset.lang;
  const word = (name) => words[name][lang()];
  const onLanguage = [];
  root.classList.add("js");

  function make(tag, className, text) {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  }

  // --- language
  function speak() {
    const now = lang();
    const heading = document.querySelector("h1");
    const said = heading.querySelector(`[data-l="${now}"]`) || heading;
    document.title = said.textContent;
    root.lang = now === "zh" ? "zh-CN" : "en";
    for (const e of document.querySelectorAll("[data-hint-zh]")) e.placeholder = e.getAttribute("data-hint-" + now);
    for (const e of document.querySelectorAll("[data-label-zh]")) e.setAttribute("aria-label", e.getAttribute("data-label-" + now));
    for (const listener of onLanguage) listener();
  }
  document.getElementById("lang").addEventListener("click", () => {
    root.dataset.lang = lang() === "zh" ? "en" : "zh";
    speak();
  });

  // --- sortable tables
  function cellText(cell) {
    return (cell.querySelector(`[data-l="${lang()}"]`) || cell).textContent;
  }
  function sortTable(table, column, head) {
    const up = head.getAttribute("aria-sort") !== "ascending";
    const order = new Intl.Collator(lang() === "zh" ? "zh-CN" : "en", { numeric: true });
    const rows = Array.from(table.tBodies[0].rows, (row) => {
      const cell = row.cells[column];
      return { row, number: cell.dataset.v === undefined ? null : Number(cell.dataset.v), text: cellText(cell) };
    });
    const direction = up ? 1 : -1;
    rows.sort((a, b) => {
      // What has no number stays below in either direction.
      if ((a.number === null) !== (b.number === null)) return a.number === null ? 1 : -1;
      return direction * (a.number === null ? order.compare(a.text, b.text) : a.number - b.number);
    });
    table.tBodies[0].append(...rows.map((entry) => entry.row));
    for (const other of head.parentNode.cells) other.setAttribute("aria-sort", "none");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
  }
  for (const table of document.querySelectorAll("table[data-sort]")) {
    Array.from(table.tHead.rows[0].cells).forEach((head, column) => {
      head.querySelector("button").addEventListener("click", () => sortTable(table, column, head));
    });
  }

  // --- linkage picture: a node shows its own ribbons
  for (const svg of document.querySelectorAll(".plot svg")) {
    svg.addEventListener("pointerover", (event) => {
      const node = event.target.closest(".wx-node");
      svg.classList.toggle("wx-dim", Boolean(node));
      if (!node) return;
      for (const edge of svg.querySelectorAll(".wx-edge")) {
        const mine = edge.dataset.a === node.dataset.node || edge.dataset.b === node.dataset.node;
        edge.classList.toggle("wx-on", mine);
      }
    });
    svg.addEventListener("pointerleave", () => svg.classList.remove("wx-dim"));
  }

  // --- browser
  const TONES = ["good", "partial", "bad", "info", "neutral"];
  const SHOWN_LINES = 8;
  const fold = (text) => text.normalize("NFKC").toLowerCase();

  function digits(value, grouped, decimals) {
    if (typeof value !== "number") return value;
    const text = decimals < 0 ? String(value) : value.toFixed(decimals);
    if (!grouped) return text;
    const [whole, rest] = text.split(".");
    const spaced = whole.replace(/\B(?=(\d{3})+$)/g, ",");
    return rest === undefined ? spaced : spaced + "." + rest;
  }

  class Browser {
    constructor(section) {
      const role = (name) => section.querySelector(`[data-role="${name}"]`);
      this.data = JSON.parse(role("data").textContent);
      this.section = section;
      this.search = role("search");
      this.count = role("count");
      this.list = role("list");
      this.pager = role("pager");
      this.place = role("place");
      this.selects = Array.from(section.querySelectorAll('[data-role="filter"]'));
      this.page = 0;
      this.tokens = [];
      this.found = this.data.r.map((_, i) => i);
      this.folded = null;
      this.tally();
      this.listen();
      onLanguage.push(() => { this.fillFilters(); this.draw(); });
    }

    say(index, language) {
      const entry = this.data.v[index];
      if (!Array.isArray(entry)) return String(entry);
      if (entry[0] === -1) return entry.slice(1).map((k) => this.say(k, language)).join(language ? ", " : "、");
      const parts = this.data.t[entry[0]][language];
      return parts.map((part) => {
        if (typeof part === "string") return part;
        const place = entry[part[0] + 1];
        const value = this.data.v[place];
        return Array.isArray(value) ? this.say(place, language) : String(digits(value, part[1], part[2]));
      }).join("");
    }

    tally() {
      this.options = this.selects.map((_, f) => {
        const counts = new Map();
        for (const record of this.data.r) {
          for (const value of new Set(record[4][f])) counts.set(value, (counts.get(value) || 0) + 1);
        }
        return Array.from(counts).sort((a, b) => b[1] - a[1]);
      });
    }

    fillFilters() {
      const language = lang() === "zh" ? 0 : 1;
      this.selects.forEach((select, f) => {
        const chosen = select.value;
        const options = [new Option(word("all"), "")];
        for (const [value, n] of this.options[f]) options.push(new Option(`${this.say(value, language)} (${n})`, value));
        select.replaceChildren(...options);
        select.value = chosen;
      });
    }

    listen() {
      this.search.addEventListener("input", (event) => { if (!event.isComposing) this.find(); });
      // While a Chinese input method composes, the field holds unfinished pinyin.
      this.search.addEventListener("compositionend", () => this.find());
      for (const select of this.selects) select.addEventListener("change", () => this.find());
      this.pager.addEventListener("click", (event) => {
        const button = event.target.closest("button");
        if (button) this.turn(button.dataset.go);
      });
    }

    // The folded text of each value that stands on a card by itself; equal lines are folded once.
    haystack() {
      if (this.folded) return this.folded;
      this.folded = new Array(this.data.v.length).fill(null);
      const add = (i) => { if (this.folded[i] === null) this.folded[i] = fold(this.say(i, 0) + "\n" + this.say(i, 1)); };
      for (const [title, subtitle, badges, lines] of this.data.r) {
        add(title);
        add(subtitle);
        for (let k = 0; k < badges.length; k += 2) add(badges[k]);
        lines.forEach(add);
      }
      return this.folded;
    }

    find() {
      this.tokens = fold(this.search.value).split(/\s+/).filter(Boolean);
      const hits = this.tokens.map((token) => this.haystack().map((text) => text !== null && text.includes(token)));
      const chosen = this.selects.map((select) => (select.value === "" ? null : Number(select.value)));
      this.found = [];
      this.data.r.forEach((record, i) => {
        const [title, subtitle, badges, lines, facets] = record;
        if (!chosen.every((value, f) => value === null || facets[f].includes(value))) return;
        const matches = hits.every((hit) => hit[title] || hit[subtitle] || lines.some((k) => hit[k])
          || badges.some((k, at) => at % 2 === 0 && hit[k]));
        if (matches) this.found.push(i);
      });
      this.page = 0;
      this.draw();
    }

    turn(where) {
      const last = this.pages() - 1;
      this.page = { first: 0, previous: this.page - 1, next: this.page + 1, last }[where];
      this.draw();
      this.section.scrollIntoView({ block: "start" });
    }

    pages() {
      return Math.max(1, Math.ceil(this.found.length / this.data.n));
    }

    draw() {
      const last = this.pages() - 1;
      this.page = Math.min(Math.max(this.page, 0), last);
      this.count.textContent = `${this.found.length} / ${this.data.r.length}`;
      const start = this.page * this.data.n;
      const cards = this.found.slice(start, start + this.data.n).map((i) => this.card(this.data.r[i]));
      if (!cards.length) cards.push(make("li", "card empty", word("empty")));
      this.list.replaceChildren(...cards);
      this.place.textContent = word("place").replace("{page}", this.page + 1).replace("{pages}", last + 1);
      for (const button of this.pager.querySelectorAll("button")) {
        const back = button.dataset.go === "first" || button.dataset.go === "previous";
        button.disabled = back ? this.page === 0 : this.page === last;
      }
    }

    card([title, subtitle, badges, lines]) {
      const language = lang() === "zh" ? 0 : 1;
      const item = make("li", "card");
      const top = make("div", "top");
      top.append(this.mark(make("h3"), this.say(title, language)));
      top.append(this.mark(make("span", "sub"), this.say(subtitle, language)));
      for (let k = 0; k < badges.length; k += 2) {
        top.append(this.mark(make("span", "badge " + TONES[badges[k + 1]]), this.say(badges[k], language)));
      }
      item.append(top);
      if (lines.length) item.append(this.lines(lines.slice(0, SHOWN_LINES), language));
      if (lines.length > SHOWN_LINES) {
        const rest = make("details");
        rest.append(make("summary", "", word("more").replace("{n}", lines.length - SHOWN_LINES)));
        rest.append(this.lines(lines.slice(SHOWN_LINES), language));
        rest.open = Boolean(rest.querySelector("mark"));
        item.append(rest);
      }
      return item;
    }

    lines(indices, language) {
      const list = make("ul");
      for (const k of indices) list.append(this.mark(make("li"), this.say(k, language)));
      return list;
    }

    // Text goes in as text nodes only, never as markup.
    mark(element, text) {
      const plain = fold(text);
      // Folding can change lengths (full-width forms do not); then places would not match.
      const tokens = plain.length === text.length ? this.tokens : [];
      let at = 0;
      while (at < text.length) {
        let best = -1;
        let size = 0;
        for (const token of tokens) {
          const place = plain.indexOf(token, at);
          if (place >= 0 && (best < 0 || place < best || (place === best && token.length > size))) {
            best = place;
            size = token.length;
          }
        }
        if (best < 0) break;
        element.append(text.slice(at, best), make("mark", "", text.slice(best, best + size)));
        at = best + size;
      }
      element.append(text.slice(at));
      return element;
    }
  }

  for (const section of document.querySelectorAll("[data-browser]")) new Browser(section);
  speak();
})();
