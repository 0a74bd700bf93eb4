// What Streamlit's own widgets lack for people who listen to a page: a menu that is no broken list, and words for
// pictures that have none. Nothing is seen of it. It looks again whenever the page has changed.
export default function () {
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
  return () => watcher.disconnect();
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
