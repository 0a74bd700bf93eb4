"""What a browser is asked about the visits of New: which is shown, and whether the server heard it all."""

FIND = """
() => [...document.querySelectorAll('*')].map((e) => e.shadowRoot?.querySelector('.visit'))
    .find(Boolean) ?? null
"""
SHOWN = f"() => ({FIND})()?.dataset.shown ?? null"
"""The name of the visit that is shown; empty while there is none, null where the part is not there."""
IS_IDLE = f"""
() => {{
    const part = ({FIND})();
    return part !== null && part.dataset.shown !== '' && part.dataset.unheard === '0';
}}
"""
IS_HEARD = f"() => ({FIND})()?.dataset.unheard === '0'"
OFFERED = f"() => ({FIND})()?.querySelector('.known').firstChild.textContent.slice(6)"
"""The known deer in focus, as the button names it that says so."""
PICTURES = f"""
() => {{
    const images = [...({FIND})().querySelectorAll('.frame img, .candidate img')];
    return images.length && images.every((image) => image.complete && image.naturalWidth);
}}
"""
"""Whether the visit's picture and those of all candidates stand there."""
REACH = f"""
() => {{
    const part = ({FIND})();
    const area = (name) => part.querySelector(name).getBoundingClientRect();
    const [picture, last, bar] = [area('.left .frame'), area('.candidates'), area('.bar')];
    const buttons = [...part.querySelectorAll('.bar button')].map((b) => b.getBoundingClientRect());
    return {{
        wide: document.documentElement.scrollWidth,
        in_sight: picture.top >= 0 && picture.bottom <= last.top && last.bottom <= bar.top + 1,
        bar_below: bar.bottom <= innerHeight + 1 && bar.top > innerHeight * 0.75,
        least: Math.min(...buttons.map((b) => Math.min(b.width, b.height))),
    }};
}}
"""
"""On a telephone: how wide the page is, whether picture and candidates are in sight above the answers,
whether these stand at the thumb, and the least side of a button, pixels.
"""
