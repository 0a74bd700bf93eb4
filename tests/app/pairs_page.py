"""What a browser is asked about the pairs of Review: which is shown, and how long a key takes."""

FIND = """
() => [...document.querySelectorAll('*')].map((e) => e.shadowRoot?.querySelector('.pairs'))
    .find(Boolean) ?? null
"""

SHOWN = f"() => ({FIND})()?.dataset.shown ?? null"
"""The name of the pair that is shown; empty while there is none, null where the part is not there."""

IS_IDLE = f"""
() => {{
    const part = ({FIND})();
    return part !== null && part.dataset.shown !== '' && part.dataset.ahead > 0
        && part.dataset.unheard === '0';
}}
"""
"""Whether a pair is shown, another one is ready, and the server has heard all that was said."""

IS_HEARD = f"() => ({FIND})()?.dataset.unheard === '0'"

KEY_MS = f"""
(key) => new Promise((done) => {{
    const part = ({FIND})();
    const before = part.dataset.shown;
    const started = performance.now();
    document.dispatchEvent(new KeyboardEvent('keydown', {{ key, bubbles: true, composed: true }}));
    const look = () => {{
        const images = [...part.querySelectorAll('.frame img')];
        const is_there = part.dataset.shown !== before && images.length === 2
            && images.every((image) => image.complete && image.naturalWidth);
        if (is_there) requestAnimationFrame(() => done(performance.now() - started));
        else requestAnimationFrame(look);
    }};
    requestAnimationFrame(look);
}})
"""
"""Milliseconds from a key to the frame after the one in which both pictures of another pair stand."""
