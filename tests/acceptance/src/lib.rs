//! The journeys stand in `tests/`.
