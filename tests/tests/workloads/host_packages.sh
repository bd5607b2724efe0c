# apt installs and removes a package whose scripts run.
mkdir -p /tmp/deb/DEBIAN /tmp/deb/usr/share/enforce
cat > /tmp/deb/DEBIAN/control << 'CONTROL'
Package: innocence-note
Version: 1
Architecture: all
Maintainer: nobody <nobody@localhost>
Description: a note
CONTROL
printf '#!/bin/sh\nset -e\necho configured > /usr/share/enforce/state\nldconfig\n' > /tmp/deb/DEBIAN/postinst
chmod 755 /tmp/deb/DEBIAN/postinst
echo noted > /tmp/deb/usr/share/enforce/note
dpkg-deb -b /tmp/deb /tmp/note.deb
apt-get install -y /tmp/note.deb
grep -qx configured /usr/share/enforce/state
dpkg -P innocence-note
test ! -e /usr/share/enforce/note
