# Sandboxes that a host's user makes: bwrap, unshare, nspawn.
id nina 2> /dev/null || useradd -m -s /bin/sh nina
bwrap --ro-bind / / --dev /dev --proc /proc --tmpfs /tmp --unshare-all --hostname boxed hostname | grep -qx boxed
su nina -c "bwrap --ro-bind / / --dev /dev --proc /proc --tmpfs /tmp --unshare-all sh -c 'echo x > /tmp/x; cat /tmp/x'" \
	| grep -qx x
su nina -c "unshare -Urmpf --mount-proc sh -euc 'mount -t tmpfs none /mnt; mkdir /mnt/r; mount --rbind / /mnt/r
	mount -t overlay -o lowerdir=/etc,upperdir=/tmp,workdir=/mnt o /srv 2> /dev/null || true
	chroot /mnt/r sh -c \"echo \\\$\\\$\"'"
unshare -m sh -euc 'mount --rbind / /mnt; cd /mnt; mkdir -p mnt; pivot_root . mnt; umount -l /mnt; cat /proc/self/mountinfo > /dev/null; echo pivoted' \
	| grep -qx pivoted
