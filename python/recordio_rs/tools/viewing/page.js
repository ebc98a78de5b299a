"use strict";
(() => {
  const bar = document.querySelector(".bar");
  document.querySelector("header").after(bar);
  bar.hidden = false;

  const grid = document.querySelector("main");
  const cards = [...grid.querySelectorAll(".card")];
  const classes = JSON.parse(document.getElementById("classes").textContent);
  const found = document.getElementById("found");
  const empty = document.querySelector(".empty");
  const chosen = new Set();
  let words = "";

  const idsOf = (card) => (card.dataset.classes ? card.dataset.classes.split(" ") : []);
  const textOf = new Map(cards.map((card) => [card, card.textContent.toLowerCase()]));

  function filter() {
    let count = 0;
    for (const card of cards) {
      const isOne = !chosen.size || idsOf(card).some((id) => chosen.has(id));
      card.hidden = !(isOne && textOf.get(card).includes(words));
      count += !card.hidden;
    }
    for (const box of document.querySelectorAll("svg g")) {
      box.classList.toggle("off", chosen.size > 0 && !chosen.has(box.dataset.class));
    }
    found.textContent = count === cards.length ? `${count} shown` : `${count} of ${cards.length}`;
    empty.hidden = count > 0;
  }

  const chips = document.getElementById("chips");
  for (const { id, name, colour, count } of classes) {
    const chip = document.createElement("button");
    chip.className = "chip";
    chip.type = "button";
    chip.title = name;
    chip.setAttribute("aria-pressed", "false");
    if (colour) {
      const dot = document.createElement("i");
      dot.style.setProperty("--c", colour);
      chip.append(dot);
    }
    const label = document.createElement("span");
    const number = document.createElement("small");
    label.textContent = name;
    number.textContent = count;
    chip.append(label, number);
    chip.addEventListener("click", () => {
      if (!chosen.delete(id)) chosen.add(id);
      chip.setAttribute("aria-pressed", String(chosen.has(id)));
      filter();
    });
    chips.append(chip);
  }
  chips.hidden = classes.length < 2;

  document.getElementById("search").addEventListener("input", (event) => {
    words = event.target.value.trim().toLowerCase();
    filter();
  });
  const size = document.getElementById("size");
  size?.addEventListener("input", () => grid.style.setProperty("--size", `${size.value}px`));
  const boxes = document.getElementById("boxes");
  boxes?.addEventListener("change", () => {
    document.body.classList.toggle("no-boxes", !boxes.checked);
  });

  const dialog = document.querySelector("dialog");
  const large = document.getElementById("large");
  let open = null;

  function show(card) {
    open = card;
    const title = document.createElement("h2");
    title.textContent = card.querySelector(".name").textContent;
    const about = dialog.querySelector(".about");
    about.querySelector("h2, dl")?.remove();
    about.querySelector("dl")?.remove();
    about.prepend(title, card.querySelector("dl").cloneNode(true));
    large.querySelector(".stage")?.remove();
    large.prepend(card.querySelector(".stage").cloneNode(true));
    if (!dialog.open) dialog.showModal();
  }

  function step(by) {
    const seen = cards.filter((card) => !card.hidden);
    const next = seen[(seen.indexOf(open) + by + seen.length) % seen.length];
    if (next) show(next);
  }

  for (const card of cards) {
    card.addEventListener("click", () => show(card));
    card.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        show(card);
      }
    });
  }
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowRight") step(1);
    if (event.key === "ArrowLeft") step(-1);
  });
  dialog.addEventListener("close", () => open?.focus());
  document.getElementById("previous").addEventListener("click", () => step(-1));
  document.getElementById("next").addEventListener("click", () => step(1));
  document.getElementById("close").addEventListener("click", () => dialog.close());
  filter();
})();
