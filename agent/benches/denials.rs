//! How many denials the agent decodes, resolves and prints in a second, on one core, and what there is
//! to it that nothing can do without: copying their bytes, and `serde_json` of what they say.

use std::hint::black_box;

use bulkhead::bench::{Way, records};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};

fn denials(criterion: &mut Criterion) {
    let mut way = Way::new();
    for (name, bytes) in ["host-path", "mount"].into_iter().zip(records()) {
        let Some(line) = way.resolve(&bytes) else {
            panic!("{name} is no denial");
        };
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Elements(1));
        group.bench_function("floor: memcpy + serde_json", |bencher| {
            bencher.iter(|| (bytes.clone(), serde_json::to_vec(black_box(&line))));
        });
        group.bench_function("decode + resolve", |bencher| {
            bencher.iter_batched(
                || (),
                |()| way.resolve(black_box(&bytes)),
                BatchSize::SmallInput,
            );
        });
        let mut out = String::new();
        group.bench_function("print", |bencher| {
            bencher.iter(|| {
                out.clear();
                way.print(black_box(&line), &mut out);
            });
        });
        group.bench_function("decode + resolve + print", |bencher| {
            bencher.iter(|| {
                out.clear();
                if let Some(line) = way.resolve(black_box(&bytes)) {
                    way.print(&line, &mut out);
                }
            });
        });
        group.finish();
    }
}

criterion_group!(benches, denials);
criterion_main!(benches);
