//! How many denials the agent decodes, resolves and prints in a second, on one core, one of every kind
//! after the other; and what there is to it that nothing can do without: copying their bytes, and
//! `serde_json` of what they say.

use std::hint::black_box;

use bulkhead::bench::{Way, records};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn denials(criterion: &mut Criterion) {
    let mut way = Way::default();
    let records = records();
    let lines: Vec<_> = records
        .iter()
        .flat_map(|bytes| way.resolve(bytes))
        .collect();
    assert_eq!(lines.len(), records.len(), "one is no denial");
    let mut out = String::new();
    let mut group = criterion.benchmark_group("denials");
    group.throughput(Throughput::Elements(records.len() as u64));
    group.bench_function("floor: memcpy + serde_json", |bencher| {
        bencher.iter(|| {
            for (bytes, line) in records.iter().zip(&lines) {
                black_box(bytes.clone());
                black_box(serde_json::to_vec(line).is_ok());
            }
        });
    });
    group.bench_function("decode + resolve", |bencher| {
        bencher.iter(|| {
            for bytes in &records {
                black_box(way.resolve(bytes));
            }
        });
    });
    group.bench_function("decode + resolve + print", |bencher| {
        bencher.iter(|| {
            out.clear();
            for bytes in &records {
                if let Some(line) = way.resolve(bytes) {
                    way.print(&line, &mut out);
                }
            }
            black_box(&out);
        });
    });
    group.finish();
}

criterion_group!(benches, denials);
criterion_main!(benches);
