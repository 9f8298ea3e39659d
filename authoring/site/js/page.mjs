// Puts each explorer where the page has a place for it. Weights lie beside the pages as scripts, because a page from a
// file may not fetch; each is loaded when it is first needed.

import { breakItPanel } from "./break_it_panel.mjs";
import { convolutionExplorer } from "./convolution_explorer.mjs";
import { densitiesExplorer } from "./densities_explorer.mjs";
import { film } from "./film.mjs";
import { filterBrowser } from "./filter_browser.mjs";
import { latentExplorer } from "./latent_explorer.mjs";
import { latentSlider } from "./latent_slider.mjs";
import { rows, singles } from "./numbers.mjs";
import { reachWideFormulas } from "./scrolled.mjs";
import { transposedExplorer } from "./transposed_explorer.mjs";

const folder = document.currentScript.src; // what lies beside this script: generators/… and units/…
const arrived = {};
window.takeFacts = (name, facts) => (arrived[name] = facts);
const loadGenerator = (name) => load(`generators/${name}`);

async function load(name) {
  if (!(name in arrived)) {
    await new Promise((done, failed) => {
      const script = document.createElement("script");
      Object.assign(script, { src: new URL(`${name}.js`, folder), onload: done, onerror: failed });
      document.head.append(script);
    });
  }
  return arrived[name];
}

async function place(home) {
  const { explorer, run, seed, runs, facts: written } = home.dataset;
  if (explorer === "convolution_explorer") convolutionExplorer(home, JSON.parse(written));
  if (explorer === "break_it_panel") breakItPanel(home, JSON.parse(written));
  if (explorer === "film") film(home, JSON.parse(written));
  if (explorer === "densities_explorer") densitiesExplorer(home, JSON.parse(written));
  if (explorer === "transposed_explorer") transposedExplorer(home, JSON.parse(written));
  if (explorer === "latent_explorer") await latentExplorer(home, run, runs.split(" "), loadGenerator);
  if (explorer === "filter_browser") await filterBrowser(home, run, load);
  if (explorer === "latent_slider") {
    const facts = await loadGenerator(run);
    latentSlider(home, facts, rows(singles(facts.points[seed]), facts.latent_dim));
  }
  home.dataset.ready = "yes";
}

document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("div[data-explorer]").forEach(place));
window.addEventListener("load", reachWideFormulas);
window.addEventListener("resize", reachWideFormulas);
document.addEventListener("toggle", reachWideFormulas, true); // a box that opens shows formulas without a size before
