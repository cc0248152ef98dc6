//! The form and the presigned URL, measured by criterion: `cargo bench --bench sign`.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use s3_presigned::{BucketEndpoint, Timestamp};

fn sign(criterion: &mut Criterion) {
    let (credentials, now) = (bench::session(), Timestamp::from_epoch_s(1_795_514_400));
    let endpoint = BucketEndpoint::regional(bench::BUCKET, bench::REGION);
    criterion.bench_function("form", |bencher| {
        bencher.iter(|| bench::form(&endpoint, black_box(&credentials), now));
    });
    criterion.bench_function("presigned url", |bencher| {
        bencher.iter(|| bench::url(&endpoint, black_box(&credentials), now));
    });
}

criterion_group!(benches, sign);
criterion_main!(benches);
