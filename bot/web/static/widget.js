/* The assistant on a page: the web component <cic-assistant>, whole in this file. It loads nothing else and talks to one address.

   <script src="https://assistant.example/static/widget.js" data-title="…" defer></script> puts it at the corner of the page;
   <cic-assistant mode="inline"></cic-assistant> puts it where it stands. /integrer explains the attributes.

   Nothing is ever read as HTML, no style is written into the markup: it works under a policy of `default-src 'none'` that lets
   scripts and connections of one address pass. */
(() => {
  "use strict";
  const script = document.currentScript; // null in a module, which must say the address
  const HOME = script && new URL("..", script.src).href;
  const RESTS = [1, 2, 4, 8, 15, 30]; // seconds between attempts to deliver one message, always under the same id
  const BUSY_MS = 400;
  const SLOW_MS = 8000;
  const TIMEOUT_MS = 90000; // the server waits up to 30 seconds for a process that starts again
  const MOST_CHARACTERS = 2000;

  // --- What is said -------------------------------------------------------------------------------------------------------

  const fr = (text) => text.replace(/'/g, "’").replace(/ (?=[?!;])/g, "\u202f").replace(/ (?=[:»])|(?<=«) /g, "\u00a0");
  const put = (text, values) => fr(text.replace(/\{(\w+)\}/g, (_, name) => values[name]));

  const SAY = {
    heading: "Coopération internationale communale",
    label: "Poser une question",
    greeting: "Bonjour. Que souhaitez-vous savoir sur la coopération internationale communale ?",
    notice: "Vous échangez avec un programme informatique, qui répond d'après la page du Programme et cite sa source. Vos messages sont conservés {duration}. N'écrivez de données personnelles que si elles vous sont demandées.",
    days: "{days} jours au plus",
    while: "pendant une durée limitée",
    privacy: "Vie privée",
    mine: "Mes données",
    mineQuestion: "Que savez-vous de moi ?",
    you: "Vous",
    it: "Assistant",
    log: "Conversation",
    choices: "Réponses proposées",
    close: "Fermer l'assistant",
    options: "Options",
    fresh: "Nouvelle conversation",
    freshSure: "Commencer une nouvelle conversation ? Celle-ci ne sera plus affichée.",
    freshYes: "Commencer",
    cancel: "Annuler",
    copy: "Copier la conversation",
    copied: "C'est copié.",
    copyAnswer: "Copier la réponse et sa source",
    notCopied: "La copie n'est pas possible ici.",
    print: "Imprimer la conversation",
    download: "Télécharger la conversation",
    page: "Page de l'assistant",
    newTab: "(nouvel onglet)",
    transcript: "Conversation du {date} avec l'assistant CIC",
    send: "Envoyer",
    source: "Source : « {section} », mise à jour le {date}",
    sourcePage: "Source : page « {page} », rubrique « {section} », mise à jour le {date}.",
    sourceOpen: "Ouvrir la page",
    sourceRead: "Lire ce point en entier",
    spokenChoices: "Réponses proposées : {titles}.",
    judge: "Cette réponse vous est-elle utile ?",
    useful: "Réponse utile",
    useless: "Réponse inutile",
    word: "Un mot d'explication, si vous le souhaitez (sans donnée personnelle)",
    sendWord: "Envoyer ce mot",
    later: "Sans commentaire",
    thanks: "Merci, votre avis est noté. Vous pouvez y ajouter un mot.",
    thanksWord: "Merci, votre mot est noté.",
    notJudged: "Votre avis n'a pas pu être enregistré.",
    busy: "L'assistant répond…",
    slow: "La réponse prend plus de temps que d'habitude. Vous n'avez rien à refaire.",
    one: "Votre message précédent n'a pas encore de réponse.",
    empty: "Écrivez votre message, puis envoyez-le.",
    long: "Votre message dépasse 2\u202f000 caractères. Pouvez-vous le raccourcir ?",
    starting: "L'assistant démarre. Votre message partira dès qu'il sera prêt, vous n'avez rien à refaire.",
    startingEmpty: "L'assistant démarre. Vous pouvez déjà écrire votre message.",
    ready: "L'assistant est prêt.",
    offline: "Vous êtes hors connexion. Votre message partira dès que la connexion sera rétablie, vous n'avez rien à refaire.",
    offlineEmpty: "Vous êtes hors connexion.",
    broken: "L'assistant n'est pas joignable pour l'instant. Votre message lui sera renvoyé, et traité une seule fois.",
    brokenEmpty: "L'assistant n'est pas joignable pour l'instant. Nouvel essai dans quelques secondes.",
    limited: "Vous avez envoyé beaucoup de messages. Nouvel essai dans {seconds} s, vous n'avez rien à refaire.",
    failed: "Votre message est resté sans réponse. Vous pouvez réessayer : il ne sera traité qu'une fois.",
    failedEmpty: "L'assistant n'est pas joignable. Vous pouvez réessayer.",
    forbidden: "L'assistant n'est pas autorisé sur ce site, ou ne répond pas. Vous pouvez l'utiliser sur sa propre page.",
    restarted: "La conversation précédente avait expiré. En voici une nouvelle.",
    answered: "Une réponse vous attend",
    retry: "Réessayer",
    unsent: "Sans réponse",
  };
  for (const key in SAY) SAY[key] = fr(SAY[key]);

  const FIELDS = {
    __proto__: null,
    nom: ["Votre nom", "text", "name"],
    email: ["Votre adresse e-mail", "email", "email"],
    telephone: ["Votre numéro de téléphone", "tel", "tel"],
    commune: ["Votre commune", "text", "address-level2"],
    pays: ["Votre pays", "text", "country-name"],
    fonction: ["Votre fonction", "text", "organization-title"],
    partenaire_de: ["La commune dont vous êtes partenaire", "text", "off"],
    objet: ["L'objet de votre demande"],
    profil: ["À quel titre vous écrivez"],
    confirmation: ["Votre réponse"],
    consentement: ["Votre réponse"],
  };
  const FREE = ["Votre message"];

  const day = (date) => (isNaN(date) ? "?" : new Intl.DateTimeFormat("fr-BE", { dateStyle: "long", timeZone: "UTC" }).format(date));
  const sourceValues = ({ section, page, updated }) => ({ section, page, date: day(new Date(updated)) });

  // --- The document -------------------------------------------------------------------------------------------------------

  const SVG = "http://www.w3.org/2000/svg";
  const ICONS = {
    talk: "M3 4h18v13h-9l-5 4v-4H3zM7 9h10M7 13h6",
    copy: "M9 9h11v11H9zM5 15H4V4h11v1",
    close: "M5 5l14 14M19 5L5 19",
    options: "M4 6h16M4 12h16M4 18h16",
    up: "M7 11v9H4v-9zM7 11l4-8c2 0 2 2 1.5 6H19a2 2 0 0 1 2 2l-1.5 7a2 2 0 0 1-2 2H7",
    down: "M7 13V4H4v9zM7 13l4 8c2 0 2-2 1.5-6H19a2 2 0 0 0 2-2l-1.5-7a2 2 0 0 0-2-2H7",
  };

  /* An element with attributes, listeners (`onclick`) and children; what is null or false is left out. */
  function h(name, attributes = {}, ...children) {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
      else if (value != null && value !== false) node.setAttribute(key, value === true ? "" : value);
    }
    node.append(...children.filter((child) => child != null));
    return node;
  }

  function icon(name) {
    const [picture, path] = ["svg", "path"].map((tag) => document.createElementNS(SVG, tag));
    picture.setAttribute("viewBox", "0 0 24 24");
    picture.setAttribute("aria-hidden", "true");
    path.setAttribute("d", ICONS[name]);
    picture.append(path);
    return picture;
  }

  const button = (text, onclick, more = {}) => h("button", { type: "button", onclick, ...more }, text);

  /* A button that is a picture, named for who does not see it. */
  function pictured(name, text, onclick, more) {
    const made = button("", onclick, { "aria-label": text, ...more });
    made.append(icon(name));
    return made;
  }

  const thumb = (name, text, onclick) => pictured(name, text, onclick, { class: "thumb", title: text });

  function link(text, href) {
    const here = href.split("#")[0] === location.href.split("#")[0];
    const outside = here ? {} : { target: "_blank", rel: "noopener noreferrer" };
    return h("a", { href, ...outside }, text, here ? null : h("span", { class: "spoken" }, ` ${SAY.newTab}`));
  }

  /* Text as it came, its web addresses as links; everything else stays text. */
  function prose(text) {
    const parts = text.split(/(https?:\/\/[^\s<>"«»]*[^\s<>"«».,;:!?)])/);
    return parts.map((part, index) => (index % 2 ? link(part, part) : part));
  }

  // --- Colours: whatever a site chooses, text keeps a contrast of 4.5 ------------------------------------------------------

  const THEMES = {
    light: { paper: "#ffffff", page: "#f3f5f6", ink: "#1c2429", quiet: "#4f5b64", line: "#6f7c85", soft: "#d9e0e4" },
    dark: { paper: "#1b2429", page: "#232e34", ink: "#e8edf0", quiet: "#b3bec5", line: "#7f8d96", soft: "#37444c" },
  };
  const COLOUR = "#1d5b79";
  const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  const mix = (one, other, share) => one.map((value, index) => Math.round(value + (other[index] - value) * share));
  const css = (rgb) => `rgb(${rgb.join(" ")})`;

  function luminance(rgb) {
    const [r, g, b] = rgb.map((value) => value / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }

  function contrast(one, other) {
    const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
  }

  function palette(colour, dark) {
    const theme = THEMES[dark ? "dark" : "light"];
    const grounds = [theme.paper, theme.page].map(channels);
    let accent = channels(/^#[0-9a-f]{6}$/i.test(colour) ? colour : COLOUR);
    if (dark) accent = mix(accent.map((value) => (value * 255) / Math.max(...accent, 1)), [255, 255, 255], 0.25); // as bright as its hue can be
    while (grounds.some((ground) => contrast(accent, ground) < (dark ? 7 : 4.6))) accent = mix(accent, dark ? [255, 255, 255] : [0, 0, 0], 0.06);
    return { ...theme, accent: css(accent), mine: css(mix(grounds[0], accent, dark ? 0.22 : 0.1)) };
  }

  // --- What this tab remembers: the token of the conversation, and the message that has no answer yet -----------------------

  class Memory {
    constructor(address) {
      this.key = `cic ${address}`;
      this.read();
    }

    read() {
      try { this.kept = JSON.parse(sessionStorage.getItem(this.key)) || {}; } catch { this.kept ||= {}; }
    }

    set(changes) {
      this.read(); // another page of this tab may have written
      Object.assign(this.kept, changes);
      try { sessionStorage.setItem(this.key, JSON.stringify(this.kept)); } catch { /* the page still remembers */ }
    }
  }

  // --- The way to the server ------------------------------------------------------------------------------------------------

  /* One attempt. Throws {kind, after} for what may pass by itself, and {refused, message} for what will not. */
  async function call(address, path, { body, token, stop } = {}) {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
    stop?.addEventListener("abort", () => abort.abort());
    let response, answer;
    try {
      response = await fetch(address + path, {
        method: body === undefined ? "GET" : "POST",
        headers: { ...(body ? { "Content-Type": "application/json" } : {}), ...(token ? { Authorization: `Bearer ${token}` } : {}) },
        body: body ? JSON.stringify(body) : null,
        cache: "no-store",
        credentials: "omit",
        redirect: "error",
        referrerPolicy: "no-referrer",
        signal: abort.signal,
      });
      answer = await response.json();
    } catch {
      throw { kind: navigator.onLine === false ? "offline" : "broken" };
    } finally {
      clearTimeout(timer);
    }
    const { ok, status } = response;
    if (ok && isWhole(path, answer)) return answer;
    if (ok) throw { kind: "broken" };
    if (status === 429 || status === 408 || status >= 500) {
      throw { kind: status === 429 ? "limited" : status === 503 ? "starting" : "broken", after: Number(response.headers.get("Retry-After")) };
    }
    throw { refused: status, message: answer?.error || SAY.failedEmpty };
  }

  /* What is shown must be there: a proxy may answer for the server. */
  function isWhole(path, answer) {
    if (!path.startsWith("api/chat")) return Boolean(answer);
    const said = answer?.messages;
    return Array.isArray(said) && said.every((message) => typeof message?.text === "string") && (path !== "api/chat" || said[0]);
  }

  /* A server that answers, but not to this site: its policy allows it only to those it names. A proxy may look the same for a while. */
  async function isForbidden(address) {
    if (new URL(address).origin === location.origin) return false;
    const reach = (mode) => fetch(`${address}healthz`, { mode, cache: "no-store", credentials: "omit" }).then(() => true, () => false);
    return (await reach("no-cors")) && !(await reach("cors"));
  }

  /* Something that is brought to the server, however long it takes. `told` says why one waits. */
  class Errand {
    constructor(attempt, told) {
      Object.assign(this, { attempt, told, ends: new AbortController(), wake: () => {} });
    }

    /* Return the answer. Throws {refused, message} or {failed}; once stopped it never ends, for nobody waits for it. */
    async run() {
      const { signal } = this.ends;
      for (let tries = 0; !signal.aborted; tries += 1) {
        try {
          const answer = await this.timed(this.attempt(signal), tries === 0);
          if (!signal.aborted) return answer;
        } catch (error) {
          if (signal.aborted) break;
          if (!error.kind) throw error;
          if (error.kind === "offline") tries = 0;
          if (tries === RESTS.length) throw { failed: true };
          const seconds = Math.max(RESTS[tries], error.after || 0);
          await this.told(error.kind, seconds);
          await this.rest(seconds);
        }
      }
      return new Promise(() => {});
    }

    /* A word to who waits for a first attempt longer than usual; later ones have had theirs. */
    timed(attempt, isFirst) {
      const words = isFirst ? [[BUSY_MS, "busy"], [SLOW_MS, "slow"]] : [];
      const timers = words.map(([ms, kind]) => setTimeout(() => this.told(kind), ms));
      return attempt.finally(() => timers.forEach(clearTimeout));
    }

    /* Less than `seconds` when the connection comes back, the person wants to try at once, or all is over. */
    rest(seconds) {
      return new Promise((done) => {
        const over = new AbortController();
        this.wake = () => {
          clearTimeout(timer);
          over.abort();
          done();
        };
        const timer = setTimeout(this.wake, seconds * 1000);
        addEventListener("online", this.wake, over);
        this.ends.signal.addEventListener("abort", this.wake, over);
      });
    }
  }

  /* The address of an assistant, with its last slash; null for what is none. */
  function addressOf(named) {
    try {
      const { href, protocol } = new URL(named.replace(/\/*$/, "/"));
      return /^https?:$/.test(protocol) ? href : null;
    } catch {
      return null;
    }
  }

  const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const DARK = matchMedia("(prefers-color-scheme: dark)");
  const SMALL = matchMedia("(max-width: 40em), (max-height: 30em)");
  const isTouch = () => matchMedia("(pointer: coarse)").matches;

  // --- The component ----------------------------------------------------------------------------------------------------------

  class Assistant extends HTMLElement {
    connectedCallback() {
      if (!this.shadowRoot) {
        this.address = addressOf(this.getAttribute("address")) || HOME;
        if (!this.address) return console.warn("cic-assistant: no address");
        this.inline = this.getAttribute("mode") === "inline";
        this.memory = new Memory(this.address);
        this.build();
      }
      this.here = new AbortController(); // ends with the stay in the document
      this.watch(this.here.signal);
      this.paint();
      if (this.inline || this.panel.open || this.reopens()) this.open(false);
    }

    disconnectedCallback() {
      this.here?.abort();
      this.errand?.ends.abort();
      this.errand = null;
    }

    /* What the site says in its own words, in its own language. */
    worded(name) {
      const own = this.getAttribute(name);
      return h("span", { lang: own && this.closest("[lang]")?.lang }, own || SAY[name]);
    }

    // --- Building ---

    build() {
      const root = this.attachShadow({ mode: "open" });
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
      root.adoptedStyleSheets = [sheet];
      this.list = h("ol", { class: "turns", role: "list" });
      this.log = h("div", { class: "log", role: "log", "aria-live": "off", "aria-label": SAY.log, tabindex: "0" }, this.buildNotice(), this.list);
      this.spoken = h("div", { class: "spoken", "aria-live": "polite" });
      [this.state, this.remark] = [h("p"), h("p")];
      this.status = h("div", { class: "status", role: "status", "aria-atomic": "false", id: "status" }, this.state, this.remark);
      this.retry = button(SAY.retry, () => { this.field.focus(); this.again(); }, { hidden: true });
      this.elsewhere = h("p", { hidden: true }, link(SAY.page, this.address));
      this.question = h("div", { class: "question", role: "group", "aria-labelledby": "sure", hidden: true });
      this.panel = h(
        this.inline ? "section" : "dialog",
        { class: "panel", "aria-labelledby": "title" },
        this.buildHead(),
        this.log,
        h("div", { class: "foot" }, this.status, this.retry, this.elsewhere, this.question, this.buildForm()),
        this.spoken,
      );
      this.frame = h("div", { class: "frame", lang: "fr" }, this.inline ? null : this.buildLauncher(), this.panel);
      for (const type of ["keydown", "keypress", "keyup"]) {
        this.frame.addEventListener(type, (event) => {
          if (type === "keydown") this.escape(event);
          event.stopPropagation(); // what is typed here is no shortcut of the page
        });
      }
      for (const type of ["click", "focusin"]) this.frame.addEventListener(type, ({ target }) => this.leaveOptions(target));
      root.append(this.frame);
      this.showField(null);
    }

    buildLauncher() {
      this.launcher = button("", () => this.open(), { class: "launcher", "aria-haspopup": "dialog" });
      this.launcher.append(icon("talk"), this.worded("label"));
      return this.launcher;
    }

    buildHead() {
      this.toggle = pictured("options", SAY.options, () => this.showOptions(this.options.hidden), { class: "tool", "aria-expanded": "false" });
      const close = this.inline ? null : pictured("close", SAY.close, () => this.close(), { class: "tool" });
      const tools = h("div", { class: "tools" }, this.toggle, close);
      return h("div", { class: "head" }, h("h2", { id: "title" }, this.worded("heading")), tools, this.buildOptions());
    }

    buildOptions() {
      const act = (text, action) => h("li", {}, button(text, () => { this.showOptions(false); this.toggle.focus(); action(); }));
      this.options = h("ul", { class: "options", hidden: true, role: "list" },
        act(SAY.fresh, () => this.askFresh()),
        act(SAY.copy, () => { this.copy(this.transcript()); this.focusWriting(); }),
        act(SAY.print, () => this.print()),
        act(SAY.download, () => this.download()),
        act(SAY.mine, () => this.say(SAY.mineQuestion)),
        h("li", {}, link(SAY.privacy, `${this.address}vie-privee`)),
        this.inline ? null : h("li", {}, link(SAY.page, this.address)));
      return this.options;
    }

    buildNotice() {
      this.notice = h("p", { class: "notice" });
      this.showNotice();
      return this.notice;
    }

    showNotice() {
      const { days } = this.memory.kept;
      this.notice.replaceChildren(
        put(SAY.notice, { duration: days ? put(SAY.days, { days }) : SAY.while }), " ",
        link(SAY.privacy, `${this.address}vie-privee`), " ",
        button(SAY.mine, () => this.say(SAY.mineQuestion), { class: "plain" }),
      );
    }

    buildForm() {
      this.label = h("label", { for: "field" });
      this.slotted = h("div", { class: "field" });
      const submit = (event) => {
        event.preventDefault();
        if (!this.say(this.field.value)) return;
        this.writeField("");
        this.memory.set({ draft: undefined });
      };
      const send = h("button", { type: "submit", class: "send" }, SAY.send);
      this.form = h("form", { novalidate: true, onsubmit: submit }, this.label, h("div", { class: "row" }, this.slotted, send));
      return this.form;
    }

    /* The field that fits what is asked for; what was typed and the focus stay. */
    showField(asks) {
      const [label, type, autocomplete] = FIELDS[asks] || FREE;
      const kind = type || "textarea";
      this.label.textContent = fr(label);
      if (this.field?.kind === kind && this.field.autocomplete === (autocomplete || "off")) return;
      const [held, text] = [this.field && this.shadowRoot.activeElement === this.field, this.field ? this.field.value : this.memory.kept.draft || ""];
      const shared = { id: "field", autocomplete: autocomplete || "off", enterkeyhint: "send", "aria-describedby": "status", oninput: () => this.typed() };
      this.field = type
        ? h("input", { ...shared, type, autocapitalize: "words", spellcheck: "false" })
        : h("textarea", { ...shared, rows: "1", onkeydown: (event) => this.enter(event) });
      this.field.kind = kind;
      this.slotted.replaceChildren(this.field);
      this.writeField(text);
      if (held) this.field.focus();
    }

    writeField(text) {
      this.field.value = text;
      this.fit();
    }

    typed() {
      this.memory.set({ draft: this.field.value });
      this.fit();
    }

    /* As high as its text, up to what the style allows. */
    fit() {
      this.field.removeAttribute("aria-invalid");
      if (this.field.kind !== "textarea") return;
      this.field.style.height = "auto";
      this.field.style.height = `${this.field.scrollHeight + 2}px`;
    }

    enter(event) {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.form.requestSubmit();
    }

    paint() {
      const theme = this.getAttribute("theme");
      const dark = theme === "dark" || (theme !== "light" && DARK.matches);
      for (const [name, value] of Object.entries(palette(this.getAttribute("colour"), dark))) this.frame.style.setProperty(`--${name}`, value);
      this.frame.style.colorScheme = dark ? "dark" : "light";
    }

    /* Everything that is listened to outside, until `signal`. */
    watch(signal) {
      const on = (target, type, act) => target?.addEventListener(type, act, { signal });
      const view = window.visualViewport;
      on(DARK, "change", () => this.paint());
      on(view, "resize", () => this.measure());
      on(window, "pageshow", (event) => event.persisted && this.takeUp());
      this.measure();
      if (this.inline) return;
      on(SMALL, "change", () => this.refold());
      on(this.panel, "cancel", (event) => { event.preventDefault(); this.close(); });
      on(document, "focusin", (event) => this.giveWay(event.target));
      on(window, "keydown", (event) => {
        const taken = event.key !== "Escape" || event.defaultPrevented || document.querySelector(":is(:modal, :popover-open)");
        if (!taken && this.panel.open) this.close(); // the panel may hide what has the focus
      });
    }

    /* How much of the window is seen: a touch keyboard covers some of it. Where that is little, the panel scrolls as a whole. */
    measure() {
      const { height, scale } = window.visualViewport || { height: innerHeight, scale: 1 };
      this.panel.style.setProperty("--seen", `${height * scale}px`);
      this.frame.classList.toggle("low", height * scale < 26 * parseFloat(getComputedStyle(this.frame).fontSize));
    }

    /* The browser brought this page back as it was left: the conversation may have gone on, or ended, on another one. */
    takeUp() {
      this.memory.read();
      if (this.list.childElementCount) this.start();
    }

    // --- Opening and closing ---

    /* The button never hides the whole of what has the focus on the page. */
    giveWay(target) {
      const [own, other] = [this.launcher, target].map((node) => node.getBoundingClientRect());
      const hides = target !== this && other.left >= own.left && other.right <= own.right && other.top >= own.top && other.bottom <= own.bottom;
      this.launcher.classList.toggle("aside", hides);
    }

    /* On a small window the panel covers the page and everything else waits; on a large one it stands beside it. */
    unfold() {
      if (SMALL.matches) this.panel.showModal();
      else this.panel.show();
    }

    refold() {
      if (!this.panel.open) return;
      const held = this.shadowRoot.activeElement;
      this.panel.close();
      this.unfold();
      held?.focus();
    }

    /* Open on the last page, open on this one; on a small window, which it would cover, only when the page was loaded again. */
    reopens() {
      const [visit] = performance.getEntriesByType("navigation");
      return this.memory.kept.open && (!SMALL.matches || visit?.type === "reload");
    }

    open(byPerson = true) {
      if (!this.inline) this.show(byPerson);
      if (!this.list.childElementCount || !(byPerson || this.errand)) this.start();
      else this.scroll();
    }

    show(byPerson) {
      if (this.panel.open) this.panel.close();
      if (byPerson || SMALL.matches) this.unfold();
      else this.panel.setAttribute("open", ""); // show() would take the focus
      if (byPerson) this.focusWriting();
      else if (SMALL.matches) this.log.focus();
      this.panel.append(this.spoken); // what is outside of an open panel may be out of reach
      this.launcher.hidden = true;
      this.launcher.lastChild.replaceWith(this.worded("label"));
      this.memory.set({ open: true });
    }

    close() {
      const held = this.shadowRoot.activeElement;
      this.panel.close();
      this.frame.append(this.spoken);
      this.launcher.hidden = false;
      this.memory.set({ open: false });
      if (held) this.launcher.focus(); // else the person is somewhere on the page
    }

    /* Where the person goes on. A touch keyboard that opens by itself would hide the answer. */
    focusWriting() {
      (isTouch() ? this.log : this.field).focus({ preventScroll: this.isLow() });
    }

    isLow() {
      return this.frame.classList.contains("low");
    }

    escape(event) {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      if (!this.options.hidden) {
        this.showOptions(false);
        this.toggle.focus();
      } else if (!this.question.hidden) this.askNoMore();
      else if (!this.inline && this.panel.open) this.close();
      else return;
      event.preventDefault();
    }

    leaveOptions(target) {
      if (!this.options.hidden && ![this.toggle, this.options].some((part) => part.contains(target))) this.showOptions(false);
    }

    showOptions(shown) {
      this.options.hidden = !shown;
      this.toggle.setAttribute("aria-expanded", String(shown));
      if (shown) this.options.querySelector("button").focus();
    }

    // --- The first contact: a new conversation, or the one that this tab remembers ---

    start() {
      this.contacting = true;
      this.draw([]);
      this.run((stop) => this.contact(stop), (shown) => {
        this.contacting = false;
        shown();
        if (this.memory.kept.pending) this.deliver();
      });
    }

    /* Return what shows the conversation, once it is known. */
    async contact(stop) {
      const { session } = this.memory.kept;
      try {
        if (session) return this.restored(await call(this.address, "api/chat/history", { token: session, stop }));
      } catch (error) {
        if (error.refused !== 401) throw error;
      }
      return this.begun(await call(this.address, "api/session", { body: {}, stop }));
    }

    begun({ session, retention_days: days, suggestions, missing }) {
      return () => {
        this.memory.set({ session, days, suggestions });
        this.showNotice();
        if (this.memory.kept.pending) return;
        this.offer(suggestions);
        if (missing.length) this.run((stop) => call(this.address, "readyz", { stop }), () => this.tell(SAY.ready));
      };
    }

    restored({ session, messages, asks, judged, asked }) {
      for (const message of messages) Object.assign(message, { useful: judged[message.id], asks: asked.includes(message.id) });
      return () => {
        const { pending, suggestions } = this.memory.kept;
        const arrived = pending && messages.some((message) => message.from === "user" && message.id === pending.id);
        this.memory.set({ session, pending: arrived ? undefined : pending });
        this.draw(messages);
        if (!this.waiting) this.offer(messages.length ? messages[messages.length - 1].buttons : suggestions);
        this.showField(asks);
        if (messages.length) this.scroll();
      };
    }

    /* The conversation from the beginning, and the message that has no answer yet. */
    draw(messages) {
      const { pending } = this.memory.kept;
      this.list.replaceChildren();
      this.showTurn(SAY.it, this.worded("greeting"));
      messages.forEach((message, index) => this.showMessage(message, messages[index + 1]?.from !== "assistant"));
      this.waiting = pending ? this.showTurn(SAY.you, pending.message) : null;
    }

    // --- The one errand that is under way; a new one ends it ---

    run(attempt, done) {
      this.errand?.ends.abort();
      const errand = (this.errand = new Errand(attempt, (kind, seconds) => this.tellState(kind, seconds)));
      this.again = () => errand.wake();
      this.waiting?.classList.remove("unsent");
      errand.run().then((found) => {
        this.errand = null;
        this.showState("");
        done(found);
      }).catch((problem) => this.meet(problem, () => this.run(attempt, done)));
    }

    /* Say why one waits. */
    async tellState(kind, seconds) {
      const { pending } = this.memory.kept;
      if (!seconds) return pending && this.showState(SAY[kind], { busy: true });
      if (kind === "broken" && this.contacting && (await isForbidden(this.address))) kind = "forbidden";
      const sentence = put((!pending && SAY[`${kind}Empty`]) || SAY[kind], { seconds });
      this.showState(sentence, { retry: kind !== "limited", elsewhere: kind === "forbidden" });
    }

    /* What nothing helped: a refused message is corrected, all else may be tried again by hand. */
    meet(problem, again) {
      this.errand = null;
      const { pending } = this.memory.kept;
      if (problem.refused && pending && !this.contacting) return this.refuse(problem.message);
      if (!problem.refused && !problem.failed) console.error(problem);
      this.again = again;
      this.waiting?.classList.add("unsent");
      this.showState(problem.message || (pending ? SAY.failed : SAY.failedEmpty), { retry: true, elsewhere: !this.elsewhere.hidden });
    }

    // --- A message and its answer ---

    /* Take a message; true when it is on its way. */
    say(text) {
      const message = text.trim();
      const refusal = this.refusal(message);
      if (refusal) {
        if (!this.waiting) this.field.setAttribute("aria-invalid", "true");
        this.tell(refusal);
        return false;
      }
      this.tell("");
      this.field.removeAttribute("aria-invalid");
      for (const old of this.list.querySelectorAll(".choices")) old.remove();
      this.memory.set({ pending: { message, id: newId() } });
      this.waiting = this.showTurn(SAY.you, message);
      this.focusWriting();
      this.scroll(this.waiting);
      if (!this.contacting) this.deliver();
      else if (!this.errand) this.again();
      return true;
    }

    refusal(message) {
      if (this.waiting) return SAY.one;
      if (!message) return SAY.empty;
      return message.length > MOST_CHARACTERS ? SAY.long : "";
    }

    /* Bring the waiting message to the server, never under another id. */
    deliver() {
      const { pending, session } = this.memory.kept;
      this.run((stop) => call(this.address, "api/chat", { body: { ...pending, session }, stop }), (answer) => this.receive(answer));
    }

    receive({ session, messages, asks, erased, restarted }) {
      if (erased) this.list.replaceChildren(); // what is erased is not to be read here either
      else if (restarted) this.draw([]);
      const turns = messages.map((message, index) => this.showMessage({ ...message, asks }, !erased && index === messages.length - 1));
      this.waiting = null;
      this.memory.set({ session, pending: undefined });
      const buttons = messages[messages.length - 1]?.buttons || [];
      this.offer(buttons);
      this.showField(asks);
      if (restarted) this.tell(SAY.restarted);
      const titles = buttons.map(({ title }) => title).join(", ");
      this.announce([...messages.flatMap(spokenParts), titles && put(SAY.spokenChoices, { titles })]);
      this.scroll(turns[0]);
    }

    /* A refused message goes back into the field, to be corrected. */
    refuse(sentence) {
      const { pending } = this.memory.kept;
      this.memory.set({ pending: undefined });
      this.waiting.remove();
      this.waiting = null;
      if (!this.field.value) this.writeField(pending.message);
      this.field.setAttribute("aria-invalid", "true");
      this.showState("");
      this.tell(sentence);
    }

    // --- Showing ---

    /* How it stands with the server; stays until that changes. */
    showState(sentence, { retry = false, elsewhere = false, busy = false } = {}) {
      const held = [this.retry, this.elsewhere.firstChild].includes(this.shadowRoot.activeElement);
      this.write(this.state, sentence);
      this.state.classList.toggle("busy", busy);
      this.retry.hidden = !retry;
      this.elsewhere.hidden = !elsewhere;
      if (held && !retry) this.focusWriting();
    }

    /* What the person's last act brought; said anew when it is the same again. */
    tell(sentence) {
      this.write(this.remark, "");
      if (sentence) requestAnimationFrame(() => this.write(this.remark, sentence));
    }

    write(line, sentence) {
      const atEnd = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 4;
      if (line.textContent !== sentence) line.textContent = sentence;
      if (sentence && this.isLow() && line === this.remark) line.scrollIntoView({ block: "nearest" });
      else if (atEnd && !this.isLow()) this.log.scrollTop = this.log.scrollHeight;
    }

    /* Speak what came, once: restored messages and one's own are not spoken. It leaves again, so that nothing is read twice. */
    announce(parts) {
      if (!this.inline && !this.panel.open) this.launcher.lastChild.textContent = SAY.answered;
      const said = parts.filter(Boolean).map((part) => h("p", typeof part === "string" ? {} : { lang: part.lang }, part.text || part));
      this.spoken.replaceChildren(...said);
      setTimeout(() => said.forEach((part) => part.remove()), 8000);
    }

    showTurn(who, text, lang) {
      const said = h("p", { class: "text", lang, dir: "auto" }, ...(text.nodeType ? [text] : prose(text)));
      const turn = h("li", { class: who === SAY.you ? "turn mine" : "turn" }, h("p", { class: "who" }, who, h("span", { class: "lost" }, ` · ${SAY.unsent}`)), said);
      turn.record = [who, said.textContent && (text.textContent || text)];
      this.list.append(turn);
      return turn;
    }

    /* `last` of its turn: the place to judge it, unless it asks for something. */
    showMessage({ from, id, text, lang, source, useful, asks }, last) {
      const turn = this.showTurn(from === "user" ? SAY.you : SAY.it, text, lang);
      const tools = h("div", { class: "judge" });
      if (source) {
        turn.append(this.showSource(source));
        turn.record.push(`${put(SAY.sourcePage, sourceValues(source))} ${source.url || this.placeOf(source)}`);
        tools.append(thumb("copy", SAY.copyAnswer, () => this.copy(turn.record.slice(1).join("\n"))));
      }
      if (from !== "user" && last && !asks) tools.prepend(this.showJudgement(id, useful, tools));
      if (tools.firstChild) turn.append(tools);
      return turn;
    }

    placeOf({ fact }) {
      return this.address + (fact?.length ? `#${fact[0]}` : "");
    }

    showSource(source) {
      const values = sourceValues(source);
      const detail = h("p", {}, put(SAY.sourcePage, values));
      if (/^https?:\/\//.test(source.url || "")) detail.append(" ", link(SAY.sourceOpen, source.url));
      if (source.fact?.length) detail.append(" ", link(SAY.sourceRead, this.placeOf(source)));
      return h("details", { class: "source", ontoggle: () => detail.scrollIntoView({ block: "nearest" }) }, h("summary", {}, put(SAY.source, values)), detail);
    }

    offer(buttons) {
      if (!buttons?.length) return;
      const group = h("div", { class: "choices", role: "group", "aria-label": SAY.choices });
      for (const { title, value } of buttons) group.append(button(title, () => this.say(value)));
      this.list.lastElementChild.append(group);
    }

    /* Bring a message into view, its beginning first when it is long; the end of the conversation when none is named. */
    scroll(turn = null) {
      if (this.isLow()) return (turn || (!this.inline && this.list.lastElementChild))?.scrollIntoView?.({ block: "start" });
      const calm = !turn || matchMedia("(prefers-reduced-motion: reduce)").matches;
      this.log.scrollTo({ top: turn ? turn.offsetTop - 8 : this.log.scrollHeight, behavior: calm ? "auto" : "smooth" });
    }

    // --- Judging an answer ---

    showJudgement(id, useful, tools) {
      const group = h("div", { role: "group", "aria-label": SAY.judge });
      const thumbs = [[true, "up", SAY.useful], [false, "down", SAY.useless]].map(([value, name, text]) => thumb(name, text, () => this.judge(judged, value)));
      const judged = { id, thumbs, tools, useful, mark: (value) => thumbs.forEach((one, index) => one.setAttribute("aria-pressed", String(value === !index))) };
      group.append(...thumbs);
      judged.mark(useful);
      return group;
    }

    async judge(judged, useful) {
      judged.mark(useful);
      if (!(await this.sendJudgement({ id: judged.id, useful }, SAY.thanks))) return judged.mark(judged.useful);
      judged.useful = useful;
      judged.form?.remove();
      this.askWord(judged);
    }

    askWord(judged) {
      const { id, useful, thumbs, tools } = judged;
      const word = h("input", { id: `word-${id}`, maxlength: "500", autocomplete: "off" });
      const done = () => {
        judged.form.remove();
        thumbs[useful ? 0 : 1].focus();
        tools.onkeydown = null;
      };
      const submit = async (event) => {
        event.preventDefault();
        if (!word.value.trim() || (await this.sendJudgement({ id, useful, comment: word.value }, SAY.thanksWord))) done();
      };
      judged.form = h("form", { class: "word", onsubmit: submit },
        h("label", { for: word.id }, SAY.word), h("div", { class: "row" }, word, h("button", { type: "submit" }, SAY.sendWord), button(SAY.later, done)));
      tools.append(judged.form);
      tools.onkeydown = (event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        done();
      };
      judged.form.scrollIntoView({ block: "nearest" });
    }

    async sendJudgement(judgement, thanks) {
      const body = { ...judgement, session: this.memory.kept.session };
      const problem = await call(this.address, "api/feedback", { body }).then(() => null, (error) => error);
      this.tell(problem ? problem.message || SAY.notJudged : thanks);
      return !problem;
    }

    // --- A new conversation, and what one takes away ---

    askFresh() {
      if (!this.list.querySelector(".mine")) return this.field.focus();
      const yes = button(SAY.freshYes, () => this.fresh());
      this.question.replaceChildren(h("p", { id: "sure" }, SAY.freshSure), yes, button(SAY.cancel, () => this.askNoMore()));
      this.question.hidden = false;
      yes.focus();
    }

    askNoMore() {
      this.question.hidden = true;
      this.field.focus();
    }

    fresh() {
      this.memory.set({ session: undefined, pending: undefined, draft: undefined });
      this.spoken.replaceChildren();
      this.writeField("");
      this.showField(null);
      this.tell("");
      this.start();
      this.askNoMore();
    }

    transcript() {
      const turns = [...this.list.children].map(({ record: [who, text, source] }) => `${who}${fr(" :")} ${text}${source ? `\n${source}` : ""}`);
      return [put(SAY.transcript, { date: day(new Date()) }), ...turns].join("\n\n") + "\n";
    }

    async copy(text) {
      const copied = await (navigator.clipboard?.writeText(text) ?? Promise.reject()).then(() => true, () => false);
      this.tell(copied ? SAY.copied : SAY.notCopied);
    }

    download() {
      const url = URL.createObjectURL(new Blob(["\ufeff", this.transcript()], { type: "text/plain;charset=utf-8" }));
      h("a", { href: url, download: "conversation-cic.txt" }).click();
      setTimeout(() => URL.revokeObjectURL(url), 10000);
      this.focusWriting();
    }

    /* The conversation alone on paper: the page around it is left out for as long as it prints. */
    print() {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync("cic-transcript{display:none}@media print{body>*{display:none!important}body>cic-transcript{display:block!important;white-space:pre-wrap;font:11pt/1.5 sans-serif;color:#000}}");
      const paper = h("cic-transcript", { lang: "fr" }, this.transcript());
      document.body.append(paper);
      document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
      addEventListener("afterprint", () => {
        paper.remove();
        document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other !== sheet);
        this.focusWriting();
      }, { once: true });
      window.print();
    }
  }

  const spokenParts = ({ text, lang, source }) => [{ text, lang }, source ? `${put(SAY.source, sourceValues(source))}.` : ""];

  const STYLE = `
:host { all: initial; display: block }
:host([hidden]), [hidden] { display: none !important }
* { box-sizing: border-box }
.frame { all: initial; display: block; direction: ltr; letter-spacing: inherit; word-spacing: inherit; font: medium/1.5 system-ui, sans-serif; color: var(--ink); text-align: start; overflow-wrap: anywhere }
.spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
h2, p, ol, ul { margin: 0; padding: 0 }
ol, ul { list-style: none }
svg { width: 1.4em; height: 1.4em; flex: none; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round }
button, input, textarea { font: inherit; letter-spacing: inherit; word-spacing: inherit; color: inherit; margin: 0 }
button { min-height: 2.75em; padding: .375em .875em; border: 1px solid var(--accent); border-radius: .5em; background: var(--paper); color: var(--accent); text-align: start; cursor: pointer }
button:hover { text-decoration: underline; text-underline-offset: .2em }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
a, .plain { color: var(--accent); text-decoration: underline }
.plain { min-height: 1.6em; padding: 0 .125em; border: 0; background: none }
.launcher { position: fixed; z-index: 2147483000; inset: auto max(1em, env(safe-area-inset-right)) max(1em, env(safe-area-inset-bottom)) auto; display: flex; align-items: center; gap: .5em; max-width: calc(100vw - 2em); padding: .625em 1em; border: 2px solid var(--paper); border-radius: 2em; background: var(--accent); color: var(--paper); box-shadow: 0 2px 10px rgb(0 0 0 / .3) }
.launcher:focus-visible { outline: 3px solid var(--paper); outline-offset: 0; box-shadow: 0 0 0 6px var(--ink) }
.aside { opacity: 0; pointer-events: none }
.panel { display: flex; flex-direction: column; padding: 0; border: 1px solid var(--line); border-radius: .75em; background: var(--paper); color: var(--ink) }
dialog.panel { position: fixed; z-index: 2147483000; inset: auto 1em 1em auto; width: min(27em, 100vw - 2em); height: min(42em, 100vh - 2em); max-width: none; max-height: none; margin: 0; box-shadow: 0 4px 24px rgb(0 0 0 / .3) }
dialog.panel:not([open]) { display: none }
:host([position=left]) .launcher { inset: auto auto max(1em, env(safe-area-inset-bottom)) max(1em, env(safe-area-inset-left)) }
:host([position=left]) dialog.panel { inset: auto auto 1em 1em }
.head { position: relative; display: flex; align-items: center; justify-content: space-between; gap: .5em; padding: .5em .5em .5em 1em; border-bottom: 1px solid var(--soft) }
h2 { font-size: 1.0625em; font-weight: 600; line-height: 1.3 }
.tools { display: flex; gap: .25em; flex: none }
.tool { display: grid; place-items: center; min-width: 2.75em; padding: 0; border-color: transparent; color: var(--ink) }
.options { position: absolute; z-index: 1; inset: 100% .5em auto auto; width: max-content; max-width: calc(100% - 1em); max-height: 20em; overflow: auto; padding: .25em; border: 1px solid var(--line); border-radius: .5em; background: var(--paper); box-shadow: 0 4px 16px rgb(0 0 0 / .25) }
.options button, .options a { display: block; width: 100%; min-height: 2.5em; padding: .5em .75em; border: 0; color: var(--ink) }
.log { flex: 1 1 auto; min-height: 8em; position: relative; overflow-y: auto; padding: 1em; background: var(--page) }
dialog .log { overscroll-behavior: contain }
section .log { min-height: 14em; max-height: max(20em, 60vh) }
.log:focus-visible { outline-width: 2px; outline-offset: -2px }
.notice { margin-bottom: 1em; color: var(--quiet); font-size: .875em }
.turns { display: flex; flex-direction: column; gap: .75em }
.turn { max-width: min(92%, 42em); padding: .5em .875em; border: 1px solid var(--soft); border-radius: .75em; border-end-start-radius: .125em; background: var(--paper); align-self: flex-start }
.mine { align-self: flex-end; border-color: var(--accent); border-radius: .75em; border-end-end-radius: .125em; background: var(--mine) }
.who { color: var(--quiet); font-size: .8125em }
.mine .who { color: inherit }
.turn:not(.unsent) .lost { display: none }
.text { white-space: pre-line }
.source { margin-top: .5em; color: var(--quiet); font-size: .875em }
summary { padding: .25em 0; cursor: pointer }
summary:hover { text-decoration: underline }
.source p { padding: .25em 0 .25em .75em; border-inline-start: 2px solid var(--line) }
.choices { display: flex; flex-wrap: wrap; gap: .5em; margin-top: .625em }
.judge, .judge > [role] { display: flex; flex-wrap: wrap; gap: .25em }
.judge { margin-top: .25em }
.thumb { display: grid; place-items: center; min-width: 2em; min-height: 2em; padding: 0; border-color: transparent; background: none; color: var(--quiet) }
.thumb svg { width: 1.125em; height: 1.125em }
.thumb[aria-pressed=true] { border-color: var(--accent); color: var(--accent) }
.thumb[aria-pressed=true] path { fill: currentColor }
.word { flex: 1 0 100%; font-size: .9375em }
.foot { padding: .625em 1em 1em; border-top: 1px solid var(--soft) }
.status p:not(:empty) { margin-bottom: .5em; font-size: .9375em }
.busy::before { content: ""; display: inline-block; width: .6em; height: .6em; margin-inline-end: .5em; border-radius: 50%; background: var(--accent); animation: pulse 1.2s ease-in-out infinite }
@keyframes pulse { 50% { opacity: .2 } }
.foot > button, .foot > p { margin-bottom: .5em }
.question { display: flex; flex-wrap: wrap; gap: .5em; margin-bottom: .5em }
.question p { flex: 1 1 100% }
label { display: block; font-size: .9375em; font-weight: 600 }
.row { display: flex; flex-wrap: wrap; align-items: flex-end; gap: .5em; margin-top: .25em }
.field { flex: 1 1 10em; min-width: 0 }
.word input { flex: 1 1 100% }
input, textarea { display: block; width: 100%; min-height: 2.75em; max-height: 9em; padding: .5em .75em; border: 1px solid var(--line); border-radius: .5em; background: var(--paper); resize: none }
[aria-invalid] { border-width: 2px; border-color: var(--accent) }
.send { border-color: var(--accent); background: var(--accent); color: var(--paper); font-weight: 600 }
@media (max-width: 40em), (max-height: 30em) { dialog.panel { inset: 0 !important; width: 100%; height: var(--seen, 100%); border: 0; border-radius: 0 } dialog::backdrop { background: var(--paper) } }
.low .panel, .low dialog.panel[open] { display: block; overflow: auto }
.low section .log, .low .log { max-height: none; overflow: visible }
@media (prefers-reduced-motion: reduce) { *, ::before { animation: none !important } }
@media (forced-colors: active) { .send, .launcher { background: ButtonFace; color: ButtonText } .thumb[aria-pressed=true] { border-width: 3px } .tool, .thumb { border-color: ButtonText } .busy::before { background: CanvasText } }
@media print { .launcher, dialog.panel, .foot, .tools, .judge, .choices { display: none !important } section .log { max-height: none } }
`;

  // --- On the page --------------------------------------------------------------------------------------------------------------

  function place() {
    if (document.querySelector("cic-assistant")) return;
    const names = ["address", "title", "colour", "position", "greeting", "label", "theme"];
    const given = names.map((name) => [name === "title" ? "heading" : name, script?.dataset[name]]); // a title would be a tooltip
    document.body.append(h("cic-assistant", Object.fromEntries(given)));
  }

  /* Browsers from before 2023 get a link to the assistant's page, which needs no script. */
  function placeLink() {
    document.body.append(h("p", { lang: "fr" }, link(SAY.label, script?.dataset.address || HOME)));
  }

  const able = "adoptedStyleSheets" in Document.prototype && typeof HTMLDialogElement === "function";
  if (able && !customElements.get("cic-assistant")) customElements.define("cic-assistant", Assistant);
  const act = able ? place : placeLink;
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", act);
  else act();
})();
