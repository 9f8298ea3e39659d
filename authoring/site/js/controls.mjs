// Controls with names, a picture with a text, and a sentence that a screen reader speaks.

let made = 0;

export function element(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

// A slider with its name and its number; `change` is called for each move.
export function slider(name, [low, high, step, value], change) {
  const input = element("input", { type: "range", id: `explorer-${made++}`, min: low, max: high, step, value });
  // For the eye alone: a slider speaks its number itself, and an <output> would be one more live region.
  const shown = element("span", { className: "explorer-number", ariaHidden: "true" });
  const show = () => (shown.textContent = input.value.replace("-", "−"));
  show();
  const label = element("label", { htmlFor: input.id, textContent: name });
  const row = element("div", { className: "explorer-row" }, label, input, shown);
  const control = {
    row,
    input,
    label,
    get value() {
      return Number(input.value);
    },
    set value(number) {
      input.value = number;
      show();
    },
  };
  input.addEventListener("input", () => {
    show();
    change(control);
  });
  return control;
}

export function menu(name, choices, value, change) {
  const options = choices.map((choice) => element("option", { value: choice, textContent: choice }));
  const input = element("select", { id: `explorer-${made++}` }, ...options);
  input.value = value;
  const label = element("label", { htmlFor: input.id, textContent: name });
  input.addEventListener("change", () => change(control));
  const control = {
    row: element("div", { className: "explorer-row" }, label, input),
    input,
    get value() {
      return input.value;
    },
    set value(text) {
      input.value = text;
    },
  };
  return control;
}

export function button(name, act) {
  const node = element("button", { type: "button", textContent: name });
  node.addEventListener("click", act);
  return node;
}

// A button that calls `act` again and again until it is pressed once more. milliseconds: a number, or what gives one.
// changed: hears whether it plays, whenever that changes.
export function player(name, milliseconds, act, changed = () => {}) {
  let timer = 0;
  const node = button(name, () => set(!timer));
  const set = (on) => {
    clearInterval(timer);
    timer = on ? setInterval(act, typeof milliseconds === "function" ? milliseconds() : milliseconds) : 0;
    node.setAttribute("aria-pressed", String(on));
    node.textContent = on ? `Stop: ${name}` : name;
    changed(on);
  };
  set(false);
  return {
    node,
    stop() {
      if (timer) set(false);
    },
  };
}

// What `player` calls for its sentence: a screen reader would never end if it spoke each step of a walk. It hears where
// the walk stops: new nodes with the same words are spoken, the old ones were there before.
export function quietWhilePlaying(words) {
  return (playing) => {
    words.setAttribute("aria-live", playing ? "off" : "polite");
    if (!playing) words.replaceChildren(...words.cloneNode(true).childNodes);
  };
}

export function sentence() {
  const node = element("p", { className: "explorer-words" });
  node.setAttribute("role", "status");
  node.setAttribute("aria-live", "polite");
  return node;
}

export function picture(text, side) {
  const canvas = element("canvas", { className: "explorer-picture" });
  canvas.style.width = `${side}px`;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", text);
  return canvas;
}

// Paints numbers in [−1, 1], square by square, one or three channels; rounded as the notebooks round them.
export function paint(canvas, numbers, height, width) {
  canvas.height = height;
  canvas.width = width;
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  const channels = numbers.length / (height * width);
  for (let i = 0; i < height * width; i++) {
    for (let c = 0; c < 3; c++) {
      const value = numbers[i * channels + (channels === 3 ? c : 0)];
      image.data[4 * i + c] = Math.round(Math.min(Math.max((value + 1) / 2, 0), 1) * 255);
    }
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

// Says lines of text, one below the other; what stands between <b> and </b> is bold. Nothing is said twice.
export function say(node, ...lines) {
  const parts = lines.map((line) => element("span", {}, ...bolded(line)));
  const said = element("p", {}, ...parts.flatMap((part) => [part, " "]));
  if (node.innerHTML !== said.innerHTML) node.replaceChildren(...said.childNodes);
}

// Text whose parts between <b> and </b> are bold, as nodes.
export function bolded(text) {
  return text.split(/<\/?b>/).map((part, i) => (i % 2 ? element("b", { textContent: part }) : part));
}

// What a reader may open to know more.
export function folded(title, text) {
  const inside = element("p", {}, ...bolded(text));
  return element("details", {}, element("summary", { textContent: title }), inside);
}

// A line above an explorer that states what is to be seen; the explorer has it as its name.
export function entitle(home, text) {
  const title = element("p", { className: "explorer-title", id: `explorer-${made++}`, textContent: text });
  home.setAttribute("role", "group");
  home.setAttribute("aria-labelledby", title.id);
  return title;
}

// Controls in columns beside each other, or below each other where the page is narrow.
export function columns(...lists) {
  const each = lists.map((rows) => element("div", { className: "explorer-right" }, ...rows));
  return element("div", { className: "explorer-columns" }, ...each);
}
