# Functions behind ./run: POSIX sh and the standard library's venv only.

VENV=${TIEPOINT_VENV:-.venv}
LOCK=packaging/requirements.lock
RIVALS_LOCK=packaging/rivals.lock # of requirements of the benchmarks alone, each without its own
QT_LIBRARIES="libgl1 libegl1 libglib2.0-0 libdbus-1-3 libfontconfig1 libxkbcommon0"
WINDOW_LIBRARIES="xvfb xauth libxcb-cursor0 libxkbcommon-x11-0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-render-util0 libxcb-xkb1 libxcb-shape0 libgl1-mesa-dri"

say() { printf 'tiepoint: %s\n' "$*" >&2; }
die() { say "$*"; exit 3; }

# apt_install PACKAGE… : installs as root, otherwise prints the exact line and stops.
apt_install() {
  if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
    say "installing: $*"
    [ -n "${APT_UPDATED:-}" ] || apt-get update -qq >&2 || die "apt-get update failed; check the network and try again."
    APT_UPDATED=1
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null ||
      die "apt-get could not install: $*"
  else
    die "missing system packages. Install them and run this again:
  sudo apt-get install $*"
  fi
}

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
  for candidate in python3.12 python3.13 python3.11 python3; do
    if command -v "$candidate" >/dev/null 2>&1 && is_new_enough "$candidate"; then
      command -v "$candidate"
      return
    fi
  done
}

# ensure_python : sets PYTHON to an interpreter ≥ 3.11 that can make a venv with pip.
ensure_python() {
  PYTHON=$(find_python)
  if [ -z "$PYTHON" ]; then
    apt_install ca-certificates
    if apt-cache show python3.11-venv >/dev/null 2>&1; then
      apt_install python3.11 python3.11-venv
    else
      apt_install python3 python3-venv
    fi
    PYTHON=$(find_python)
    [ -n "$PYTHON" ] || die "Python 3.11 or newer is needed and this system's packages hold none."
  fi
  if ! "$PYTHON" -c 'import ensurepip' 2>/dev/null; then
    version=$("$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    apt_install "python$version-venv"
  fi
}

lock_digest() { cat "$LOCK" pyproject.toml | cksum | tr ' ' '-'; }

# ensure_venv : makes the environment from the lock, again whenever the lock has changed.
ensure_venv() {
  if [ -x "$VENV/bin/tiepoint" ] && [ "$(cat "$VENV/lock-digest" 2>/dev/null)" = "$(lock_digest)" ]; then
    return
  fi
  ensure_python
  say "making $VENV with $PYTHON (a few minutes the first time)"
  [ -x "$VENV/bin/python" ] || "$PYTHON" -m venv "$VENV" || die "could not make $VENV."
  "$VENV/bin/python" -m pip install -q --disable-pip-version-check --require-hashes -r "$LOCK" ||
    die "could not install the locked packages; check the network and the free disk space, then try again."
  "$VENV/bin/python" -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e . ||
    die "could not install Tiepoint itself into $VENV."
  say "compiling the drawing kernels (once)"
  "$VENV/bin/python" -c 'from tiepoint.geometry.resample import warm_up; warm_up()' ||
    say "the kernels could not be compiled now; that happens at first use."
  lock_digest > "$VENV/lock-digest"
}

# ensure_rivals : libraries that only benchmarks are measured against, beside the environment.
# They stay out of it because their own requirements disagree with ours.
ensure_rivals() {
  if [ "$(cat "$VENV/rivals/digest" 2>/dev/null)" != "$(cksum < "$RIVALS_LOCK")" ]; then
    say "installing the rivals of the benchmarks (once, about 1.6 GB)"
    rm -rf "$VENV/rivals"
    "$VENV/bin/python" -m pip install -q --disable-pip-version-check --require-hashes --no-deps \
      --target "$VENV/rivals" -r "$RIVALS_LOCK" ||
      { say "some rivals could not be installed; the table leaves their ratios out."; return; }
    cksum < "$RIVALS_LOCK" > "$VENV/rivals/digest"
  fi
  PYTHONPATH=$(cd "$VENV/rivals" && pwd)
  export PYTHONPATH
}

# ensure_qt : a real import; a wrapper such as qtpy would hide which library is missing.
ensure_qt() {
  "$VENV/bin/python" -c 'from PySide6 import QtGui, QtWidgets' 2>/dev/null && return
  # shellcheck disable=SC2086  # the list is words
  apt_install $QT_LIBRARIES
  "$VENV/bin/python" -c 'from PySide6 import QtGui, QtWidgets' ||
    die "PySide6 cannot be imported; the message above names the missing library."
}

has_display() { [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; }

has_library() { ldconfig -p 2>/dev/null | grep -q "$1" || ls /usr/lib/*/"$1"* >/dev/null 2>&1; }

# with_display COMMAND… : on the screen that is there, or on a virtual one.
with_display() {
  if ! has_library libxcb-cursor.so.0 || ! has_library libxkbcommon-x11.so.0 ||
    { ! has_display && ! command -v xvfb-run >/dev/null 2>&1; }; then
    # shellcheck disable=SC2086
    apt_install $WINDOW_LIBRARIES
  fi
  if has_display; then
    "$@"
  else
    xvfb-run -a -s "-screen 0 1600x1000x24" "$@"
  fi
}

prepare() {
  unset PYTHONDONTWRITEBYTECODE PYTHONPATH
  ensure_venv
  ensure_qt
}
