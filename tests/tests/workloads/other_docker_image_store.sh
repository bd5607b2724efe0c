daemon='{"live-restore": true, "features": {"containerd-snapshotter": true}}'
is_so() { docker info -f '{{.DriverStatus}}' | grep -q io.containerd.snapshotter; }
