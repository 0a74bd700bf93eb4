"""Who is there, where the workspace says that people must log in."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
import ui

from thumper_core import UsageError, access, accounts, say


def let_in(base: Path) -> bool:
    """Whether the visitor may see the pages; shows how to log in where not."""
    try:
        roles, by_password = accounts.listed(base), access.has_users(base)
    except UsageError as error:
        # A list that cannot be read lets no visitor in.
        st.error(str(error), icon=":material/error:")
        return False
    if not roles and not by_password:
        return True
    if "user" in st.session_state and not _came_by_provider():
        return True
    claims = _claims() if roles else {}
    if found := accounts.user_of(claims, roles):
        # Asked in every run: who was taken off the list is out at once.
        st.session_state["user"] = found
        return True
    st.session_state.pop("user", None)
    _, middle, _ = st.columns([1, 1, 1])
    with middle:
        st.subheader(say("Log in to Thumper"), anchor=False)
        if roles:
            _provider_buttons(base, claims)
        if by_password:
            _password_form(base)
    return False


def way_out() -> None:
    """A button to log out, for those who logged in."""
    if "user" not in st.session_state:
        return
    st.caption(
        say("You may change things.")
        if ui.may_edit()
        else say("You may look, not change anything.")
    )
    if st.button(say("Log out"), icon=":material/logout:", key="log-out", width="stretch"):
        was_provider = _came_by_provider()
        st.session_state.pop("user", None)
        st.session_state.pop("author", None)
        if was_provider:
            st.logout()
        st.rerun()


def _claims() -> dict[str, object]:
    """What the provider says of the visitor; nothing where none was used."""
    claims: dict[str, object] = st.user.to_dict()
    return claims if claims.get("is_logged_in") else {}


def _came_by_provider() -> bool:
    return bool(_claims())


def _provider_buttons(base: Path, claims: dict[str, object]) -> None:
    why = accounts.problem(base)
    if why:
        st.error(
            say("Logging in by a provider does not work: {why}", why=ui.plain(why)),
            icon=":material/error:",
        )
        return
    if claims:
        st.warning(
            say(
                "{account} is not on the list of those who may see these pages, or the provider has not "
                "verified the address.",
                account=ui.plain(claims.get("email") or say("This account")),
            )
        )
        if st.button(say("Use another account"), icon=":material/logout:", key="other-account"):
            st.logout()
        return
    for name in accounts.providers(base):
        label = say("Log in with {name}", name=name.capitalize()) if name else say("Log in")
        if st.button(
            label,
            type="primary",
            icon=":material/login:",
            key=f"provider-{name}",
            width="stretch",
        ):
            st.login(name or None)


def _password_form(base: Path) -> None:
    with st.form("login"):
        name = st.text_input(say("Name"))
        password = st.text_input(say("Password"), type="password")
        if st.form_submit_button(say("Log in"), type="primary"):
            found = access.log_in(base, name, password)
            if found:
                st.session_state["user"] = found
                st.rerun()
            st.error(say("Name or password is wrong."))
