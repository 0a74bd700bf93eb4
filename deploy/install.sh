#!/bin/sh
# Installs Thumper for the user who runs this, on Linux and macOS. Nothing outside the home folder is touched.
#
#   sh install.sh                      from the checkout that this file lies in, or from the wheel beside it
#   sh install.sh --from WHAT          from a checkout's folder, a wheel, or the address of one
#   sh install.sh --with match,stamp   with extras
#   sh install.sh --workspace DIR      the folder that the menu entry opens (default: ~/Thumper)
#   sh install.sh --uninstall          takes it away again; photos and workspaces stay
#
# Done again, it updates: the new environment is made beside the old one and takes its place when it works.

set -eu

say() { printf '%s\n' "$*"; }
fail() {
    printf 'install.sh: %s\n' "$*" >&2
    exit 1
}

marker='Made by install.sh of Thumper'
what=''
extras=''
workspace="${HOME:-}/Thumper"
uninstall=''

while [ $# -gt 0 ]; do
    case $1 in
    --from | --with | --workspace)
        [ $# -ge 2 ] || fail "$1 needs a value. Try --help."
        case $1 in
        --from) what=$2 ;;
        --with) extras=$2 ;;
        --workspace) workspace=$2 ;;
        esac
        shift 2
        ;;
    --uninstall)
        uninstall=yes
        shift
        ;;
    -h | --help)
        sed -n '2,10s/^# \{0,1\}//p' "$0"
        exit 0
        ;;
    *) fail "unknown option $1. Try --help." ;;
    esac
done

[ -n "${HOME:-}" ] && [ -d "$HOME" ] || fail 'there is no home folder ($HOME).'
system=$(uname -s)
case $system in
Linux)
    data="${XDG_DATA_HOME:-$HOME/.local/share}/thumper"
    entry="${XDG_DATA_HOME:-$HOME/.local/share}/applications/thumper.desktop"
    ;;
Darwin)
    data="$HOME/Library/Application Support/Thumper"
    entry="$HOME/Applications/Thumper.command"
    ;;
*) fail "$system is not known here. On Windows: install.ps1; elsewhere: pip install thumper's folder." ;;
esac
case $data in
"$HOME"/*) ;;
*) fail "\$XDG_DATA_HOME ($XDG_DATA_HOME) is outside of the home folder; nothing is written there." ;;
esac
launcher="$HOME/.local/bin/thumper"
case $workspace in
/*) ;;
*) workspace="$PWD/$workspace" ;;
esac

# What is not ours is not touched, neither written over nor deleted.
is_ours() { [ ! -e "$1" ] && [ ! -L "$1" ] || grep -qs "$marker" "$1"; }

if [ -n "$uninstall" ]; then
    found=''
    for file in "$launcher" "$entry"; do
        if [ -e "$file" ] && is_ours "$file"; then
            rm -f "$file"
            found=yes
        elif [ -e "$file" ]; then
            say "Left as it is, because this script did not make it: $file"
        fi
    done
    if [ -d "$data" ]; then
        rm -rf "$data"/env-*
        rm -f "$data/current"
        rmdir "$data" 2>/dev/null || say "Left, because there is more in it: $data"
        found=yes
    fi
    [ -n "$found" ] || fail 'Thumper was not installed by this script.'
    say 'Thumper is gone. Photos and workspaces are where they were, and what models were downloaded'
    say "in ${THUMPER_HOME:-$HOME/.cache/thumper}: delete that folder if you do not want it back."
    exit 0
fi

for file in "$launcher" "$entry"; do
    is_ours "$file" || fail "$file is there already and not from this script. Move it away first."
done

# --- what to install ---

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
if [ -z "$what" ]; then
    if [ -f "$here/../pyproject.toml" ]; then
        what=$(CDPATH='' cd -- "$here/.." && pwd)
    else
        # By their versions, for by its letters 1.9 comes after 1.10.
        what=$(for wheel in "$here"/thumper-*.whl; do
            if [ -f "$wheel" ]; then printf '%s\n' "$wheel"; fi
        done | sort -V | tail -n 1)
    fi
    [ -n "$what" ] || fail "there is no checkout and no wheel beside $0. Say where it is: --from WHAT."
fi
case $what in
http://* | https://* | file://*)
    if [ -n "$extras" ]; then what="thumper[$extras] @ $what"; fi
    ;;
*)
    [ -e "$what" ] || fail "there is no $what."
    [ ! -d "$what" ] || [ -f "$what/pyproject.toml" ] || fail "$what is no checkout: it has no pyproject.toml."
    what=$(CDPATH='' cd -- "$(dirname -- "$what")" && pwd)/$(basename -- "$what")
    if [ -n "$extras" ]; then what="$what[$extras]"; fi
    ;;
esac

# --- a Python that will do, else uv, which brings one ---

python=''
for name in python3.14 python3.13 python3.12 python3.11 python3 python; do
    if command -v "$name" >/dev/null 2>&1 &&
        "$name" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        python=$name
        break
    fi
done
if [ -z "$python" ] && ! command -v uv >/dev/null 2>&1; then
    fail 'Python 3.11 or newer with its venv module is needed, and uv would bring it. Debian, Ubuntu:
"sudo apt install python3-venv"; macOS: the installer of python.org; or uv: https://docs.astral.sh/uv/'
fi

# --- a new environment, which becomes the one that is used when it works ---

mkdir -p "$data" "$(dirname "$launcher")" "$(dirname "$entry")"
env="$data/env-$(date +%Y%m%d%H%M%S)-$$"
trap 'rm -rf "$env"' EXIT
trap 'exit 130' INT TERM
say "Installing $what into $env"
say 'This fetches some gigabytes the first time (PyTorch) and takes a few minutes.'
if command -v uv >/dev/null 2>&1; then
    uv venv --quiet --python "${python:-3.12}" "$env" || fail 'uv could not make an environment.'
    uv pip install --quiet --python "$env/bin/python" "$what" || fail "uv could not install $what; see above."
else
    "$python" -m venv "$env" || fail "$python could not make an environment; see above."
    "$env/bin/python" -m pip install --quiet --disable-pip-version-check "$what" ||
        fail "pip could not install $what; see above. What was installed before is as it was."
fi
version=$("$env/bin/thumper" --version) || fail 'it was installed and does not start; see above.'
trap - EXIT INT TERM
ln -sfn "$env" "$data/current"
for old in "$data"/env-*; do
    [ "$old" = "$env" ] || rm -rf "$old"
done

# --- how it is started ---

# One word for a shell, whatever is in it.
shell_word() { printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"; }

# One word of an entry's Exec: quoted, then escaped as every value is, then without field codes.
exec_word() {
    printf '"%s"' "$(printf '%s' "$1" | sed -e 's/[\"`$]/\\&/g' -e 's/\\/\\\\/g' -e 's/%/%%/g')"
}

cat >"$launcher" <<END
#!/bin/sh
# $marker
exec $(shell_word "$data/current/bin/thumper") "\$@"
END
chmod +x "$launcher"

if [ "$system" = Darwin ]; then
    cat >"$entry" <<END
#!/bin/sh
# $marker
exec $(shell_word "$launcher") --workspace $(shell_word "$workspace") app
END
    chmod +x "$entry"
else
    icon=''
    for file in "$env"/lib/python*/site-packages/thumper_core/_app/icon.svg; do
        if [ -f "$file" ]; then icon="$data/current${file#"$env"}"; fi
    done
    cat >"$entry" <<END
[Desktop Entry]
# $marker
Type=Application
Name=Thumper
Comment=From trail-camera photos to a herd of known deer
Exec=$(exec_word "$launcher") --workspace $(exec_word "$workspace") app
Icon=$icon
Terminal=true
Categories=Graphics;Science;
END
fi

say "$version is installed."
command="thumper --workspace $(shell_word "$workspace") app"
case $system in
Darwin) say "Start it: double-click $entry, or: $command" ;;
*) say "Start it: Thumper in the menu, or: $command" ;;
esac
case ":$PATH:" in
*":$HOME/.local/bin:"*) ;;
*) say "The command thumper is $launcher; to have it by name, add $HOME/.local/bin to your PATH." ;;
esac
