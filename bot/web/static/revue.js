/* The keyboard of the review application, and the focus after htmx has changed a part of a page. Pages work without it.

   Markup: [data-list] holds [data-item]s. Inside of an item, or on the page: [data-key="1"] to "9", [data-check], [data-done],
   [data-undo], [data-back], [data-search]. A [data-bulk] holds the keys that act on all ticked items, [data-check-all] ticks them. */
"use strict";

const SWITCH = "revue-raccourcis";
const ENTRY = "revue-entree";
const done = []; // what undoes the gestures of this visit of the page, the latest last
let current = null;

const all = (selector, root = document) => [...root.querySelectorAll(selector)].filter((element) => element.checkVisibility() && !element.disabled);
const items = () => all("[data-list] [data-item]");
const onPage = (selector) => all(selector).find((element) => !element.closest("[data-item], [data-bulk]"));
const here = (selector) => (current && all(selector, current)[0]) || onPage(selector);
const say = (text) => (document.getElementById("annonce").textContent = text);

/* "localStorage" or "sessionStorage", which may be forbidden: even to name it fails then, and shortcuts are on. */
const recall = (store, name) => {
  try {
    return window[store].getItem(name);
  } catch {
    return null;
  }
};
const keep = (store, name, value) => {
  try {
    window[store].setItem(name, value);
  } catch {
    /* Not kept, that is all */
  }
};

function moveTo(item) {
  current?.removeAttribute("data-current");
  current = item;
  item.setAttribute("data-current", "");
}

function focusOn(item) {
  moveTo(item);
  item.focus({ preventScroll: true });
  item.scrollIntoView({ block: "nearest", behavior: "instant" });
}

/* The next item (1) or the one before (-1); at the end of the list the next page, whose first or last item is looked at then. */
function step(by) {
  const list = items();
  const at = list.indexOf(current);
  const next = at < 0 ? list.at(by > 0 ? 0 : -1) : list[at + by];
  if (next) return focusOn(next);
  const page = onPage(`a[rel="${by > 0 ? "next" : "prev"}"]`);
  if (!page) return;
  keep("sessionStorage", ENTRY, by > 0 ? "0" : "-1");
  page.click();
}

function press(element) {
  if (!element) return false;
  if (element.matches("input:not([type=checkbox], [type=radio]), textarea, select")) {
    element.focus();
    element.select?.();
  } else {
    element.click();
  }
  return true;
}

function openItem() {
  const link = current?.dataset.open;
  if (link) location.assign(link);
  return Boolean(link) || press(current?.querySelector("a[href]"));
}

/* A number acts on the ticked items when there are any and the page has a bar for them. */
function number(digit) {
  const bulk = all("[data-check]").some((box) => box.checked) && all(`[data-bulk] [data-key="${digit}"]`)[0];
  return press(bulk || here(`[data-key="${digit}"]`));
}

/* The latest gesture first: of this visit of the page, then the one that brought it here, at last an older one of the current item. */
function undo() {
  while (done.length && !done.at(-1).isConnected) done.pop();
  return press(done.at(-1) || onPage("[data-undo]") || here("[data-undo]"));
}

function help() {
  const dialog = document.getElementById("aide");
  if (!dialog?.open) dialog?.showModal();
  return true;
}

const ACTIONS = {
  j: () => step(1) ?? true,
  k: () => step(-1) ?? true,
  x: () => press(here("[data-check]")),
  e: () => press(here("[data-done]")),
  u: undo,
  r: () => press(here("[data-back]")),
  "/": () => press(here("[data-search]")),
  "?": help,
};

const isField = (element) => element.matches("input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable]");

/* On French and Belgian keyboards digits need the shift key: the key itself counts as well. */
const digitOf = ({ key, code, shiftKey }) => (/^[1-9]$/.test(key) ? key : (!shiftKey && /^Digit([1-9])$/.exec(code)?.[1]) || null);

/* Escape leaves a field, and then closes the choice of an entry. */
function leave(target) {
  const panel = target.closest("[data-panel]") ?? current?.querySelector("[data-panel]");
  if (isField(target)) {
    target.blur();
    (panel?.querySelector("[data-focus]") ?? current)?.focus();
  } else if (panel?.firstElementChild) {
    closePanel(panel);
  }
}

function closePanel(panel) {
  panel.replaceChildren();
  const item = panel.closest("[data-item]");
  if (item) focusOn(item);
}

document.addEventListener("keydown", (event) => {
  const { target } = event;
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
  if (document.querySelector("dialog[open]")) return;
  if (event.key === "Escape") return leave(target);
  if (event.key === "Enter" && target.matches("[data-check], [data-check-all]")) return event.preventDefault();
  if (isField(target) || recall("localStorage", SWITCH) === "non") return;
  if (event.key === "Enter") {
    if ((target === current || target === document.body) && openItem()) event.preventDefault();
    return;
  }
  const key = event.key.toLowerCase();
  const digit = digitOf(event);
  if (event.repeat && key !== "j" && key !== "k") return;
  if (digit ? number(digit) : Object.hasOwn(ACTIONS, key) && ACTIONS[key]()) event.preventDefault();
});

document.addEventListener("focusin", ({ target }) => {
  const item = target.closest("[data-list] [data-item]");
  if (item && item !== current) moveTo(item);
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-help]")) help();
  const closing = event.target.closest("[data-panel] [data-close]");
  if (!closing) return;
  event.preventDefault();
  closePanel(closing.closest("[data-panel]"));
});

document.addEventListener("change", ({ target }) => {
  if (target.id === "raccourcis") keep("localStorage", SWITCH, target.checked ? "oui" : "non");
  if (target.matches("[data-check-all]")) for (const box of all("[data-check]")) box.checked = target.checked;
  if (target.matches("[data-check]") && !target.checked) for (const box of all("[data-check-all]")) box.checked = false;
});

/* What htmx has put in the place of something: remember how to undo it, and give the focus back, for what had it may be gone. */
document.addEventListener("htmx:afterSwap", ({ target, detail }) => {
  const wanting = target.querySelector("[data-focus]");
  if (wanting) return wanting.focus();
  if (detail.requestConfig.verb !== "post") return;
  const undoing = target.querySelector("[data-undo]");
  if (target.matches("[data-next]") && undoing) done.push(undoing);
  const item = target.closest("[data-item]");
  if (!item) return;
  moveTo(item);
  const next = target.matches("[data-next]") && items()[items().indexOf(item) + 1];
  focusOn(next || item);
});

/* A request that was refused, or that did not arrive: the sentence is shown where it was made, and read aloud. */
function showFault(element, text) {
  document.querySelector("[data-fault]")?.remove();
  const told = document.createElement("p");
  told.className = "remark fault";
  told.dataset.fault = "";
  told.textContent = text;
  element.closest("form")?.append(told);
  say(text);
}
document.addEventListener("htmx:responseError", ({ target, detail }) => {
  let told = "";
  try {
    told = JSON.parse(detail.xhr.responseText).error;
  } catch {
    /* Not ours: a proxy's page */
  }
  showFault(target, told || "Cela n’a pas marché. Rechargez la page, puis recommencez.");
});
document.addEventListener("htmx:sendError", ({ target }) => showFault(target, "Le serveur ne répond pas. Recommencez dans un moment."));

/* What the address names, as the page has it. */
function fragment() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return "";
  }
}

/* Where one begins: the item that the address names, or the end of the page from which the keyboard came. */
const box = document.getElementById("raccourcis");
if (box) box.checked = recall("localStorage", SWITCH) !== "non";
const named = location.hash && document.getElementById(fragment())?.closest("[data-list] [data-item]");
const entry = recall("sessionStorage", ENTRY);
keep("sessionStorage", ENTRY, "");
if (named) focusOn(named);
else if (entry && items().length) focusOn(items().at(Number(entry)));
