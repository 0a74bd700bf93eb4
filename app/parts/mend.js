// What Streamlit's own widgets lack for people who listen to a page: a menu that is no broken list, and words for
// pictures that have none. Nothing is seen of it. It looks again whenever the page has changed.
// And keys that are for what is in front: while a dialog is open, those of the page behind it are silent.
const OF_A_PAGE = /^[a-z0-9+=-]$/i; // keys of buttons; others belong to controls inside the dialog, as Enter does
export default function ({ data } = {}) {
  document.documentElement.lang = data?.locale ?? "en"; // how a page is read aloud
  let waits = false;
  const look = () => {
    if (waits) return;
    waits = true;
    setTimeout(() => {
      waits = false;
      lists();
      pictures();
    }, 150);
  };
  const watcher = new MutationObserver(look);
  watcher.observe(document.body, { childList: true, subtree: true });
  look();
  // What a dialog listens to lies in or on the body; buttons of the page listen on the document, above it.
  document.body.addEventListener("keydown", inFront);
  return () => {
    watcher.disconnect();
    document.body.removeEventListener("keydown", inFront);
  };
}

function inFront(event) {
  if (!OF_A_PAGE.test(event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector('[role="dialog"]')) event.stopPropagation();
}

// The menu is <ul>, with <li> in it and in <div>s in it: no list at all, so it is read as links one after the other.
function lists() {
  for (const list of document.querySelectorAll("ul[data-testid=stSidebarNavItems]")) {
    list.setAttribute("role", "presentation");
    for (const item of list.querySelectorAll("li")) item.setAttribute("role", "presentation");
  }
}

// The caption below a picture says what it is.
function pictures() {
  for (const picture of document.querySelectorAll("[data-testid=stImage] img:not([alt])")) {
    const column = picture.closest("[data-testid=stVerticalBlock]");
    const caption = column?.querySelector("[data-testid=stCaptionContainer], [data-testid=stPageLink]");
    picture.alt = caption?.innerText.replace(/\s+/g, " ").trim() || "Picture";
  }
}
