"""An explorer on a page of the book: what it shows, and how long it takes to show something else."""

SHOWN = """home => {
    const canvas = home.querySelector('canvas');
    const bytes = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    return [...bytes].filter((value, i) => i % 4 === 0);
}"""  # the red of each pixel
HASH = """home => {
    const canvas = home.querySelector('canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return new Uint32Array(data.buffer).reduce((hash, pixel) => Math.imul(hash ^ pixel, 16777619), 2166136261);
}"""  # one number for all pixels
NAMELESS = """home => [...home.querySelectorAll('input, select, button')].filter(
    each => each.checkVisibility() && !(each.labels?.[0]?.textContent || each.textContent)).length"""
MOVED = f"""async (home, [slider, values]) => {{
    const pixels = () => ({HASH})(home);
    const times = [];
    for (const value of values) {{
        const before = pixels(), start = performance.now();
        slider.value = value;
        slider.dispatchEvent(new Event('input', {{bubbles: true}}));
        while (pixels() === before) {{
            if (performance.now() - start > 5000) throw new Error(`no other picture at ${{value}}`);
            await new Promise(requestAnimationFrame);
        }}
        times.push(performance.now() - start);
        await new Promise(resolve => setTimeout(resolve, 50));
    }}
    return times;
}}"""


def ready(page, name: str = ""):
    """Return the explorer of a page once it moves; a page with several has each by its name."""
    which = f'="{name}"' if name else ""
    home = page.locator(f"div[data-explorer{which}]")
    page.locator(f"div[data-explorer{which}][data-ready]").wait_for(timeout=60_000)
    home.scroll_into_view_if_needed()
    return home


def times_of_moves(home, slider, values) -> list[float]:
    """Return the milliseconds from a move of the slider to each value until the pixels change, sorted."""
    given = [slider.element_handle(), list(values)]
    return sorted(home.evaluate(MOVED, given))
