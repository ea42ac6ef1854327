# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The Debian packages that the project needs, in one place; sourced by tests/all and tests/try.
#
#	install_packages LIST...	installs what is missing of these lists

PACKAGES_BUILD="gcc libc6-dev binutils meson ninja-build pkg-config python3 git libyajl-dev libseccomp-dev libcap-dev libsystemd-dev"
PACKAGES_TRY="busybox-static jq util-linux"
PACKAGES_TEST="busybox-static jq util-linux uidmap procps kmod strace"
PACKAGES_LINT="clang-format clang-tidy cppcheck"
PACKAGES_FUZZ="clang libclang-rt-14-dev"
PACKAGES_ENGINES="podman python3-grpcio buildah containerd docker.io conmon catatonit netavark iptables"
PACKAGES_OCI="python3-jsonschema golang-go golang-github-opencontainers-specs-dev golang-github-opencontainers-runtime-tools-dev"
PACKAGES_VM="qemu-system-x86 qemu-system-common seabios linux-image-amd64 systemd dbus criu"
# tests that need one of these are skipped with a reason where it cannot be had
PACKAGES_OPTIONAL="runc crun user-mode-linux systemd dbus dbus-user-session"

missing_of() {
	local p
	for p; do
		dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || echo "$p"
	done
}

install_packages() {
	local missing p
	local -x INITRD=No # a kernel for tests/lab/vm needs none, and 25 s would be spent on it
	# shellcheck disable=SC2086
	missing=$(missing_of $*)
	[ -n "$missing" ] || return 0
	command -v apt-get >/dev/null || { echo "these packages are missing: ${missing//$'\n'/ }" >&2; return 1; }
	echo "# installing ${missing//$'\n'/ }"
	apt-get update -qq >/dev/null || return 1
	# shellcheck disable=SC2086
	if ! DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null 2>&1; then
		# one that cannot be had must not hold up the others
		for p in $missing; do
			DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$p" >/dev/null 2>&1 ||
				echo "# cannot install $p"
		done
	fi
}
