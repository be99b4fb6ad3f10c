//! The windscreen: a ladder drawn as half a fan, one segment a level, the least on the left.

use std::f64::consts::PI;

use super::Rank;

/// A half-round fan.
#[derive(Debug, Clone, Copy)]
pub struct Fan {
    /// The point round which it turns.
    pub centre: (f64, f64),
    /// How far out it reaches.
    pub outer: f64,
    /// How far out it begins.
    pub inner: f64,
    /// How many levels.
    pub of: Rank,
}

impl Fan {
    /// The outline of a level's segment, as the path of an SVG.
    pub fn segment(&self, rank: Rank) -> String {
        let Self { outer, inner, .. } = *self;
        let (from, to) = (self.turn(f64::from(rank) - 1.0), self.turn(f64::from(rank)));
        let ((ax, ay), (bx, by)) = (self.point(outer, from), self.point(outer, to));
        let ((cx, cy), (dx, dy)) = (self.point(inner, to), self.point(inner, from));
        format!(
            "M{ax:.1} {ay:.1}A{outer} {outer} 0 0 1 {bx:.1} {by:.1}L{cx:.1} {cy:.1}A{inner} {inner} 0 0 0 {dx:.1} {dy:.1}Z"
        )
    }

    /// The middle of a level's segment.
    pub fn middle(&self, rank: Rank) -> (f64, f64) {
        self.point((self.outer + self.inner) / 2.0, self.turn(f64::from(rank) - 0.5))
    }

    /// How wide a segment is in its middle.
    pub fn width(&self) -> f64 {
        PI * (self.outer + self.inner) / 2.0 / f64::from(self.of)
    }

    fn turn(&self, levels: f64) -> f64 {
        PI * (1.0 - levels / f64::from(self.of))
    }

    fn point(&self, radius: f64, angle: f64) -> (f64, f64) {
        (self.centre.0 + radius * angle.cos(), self.centre.1 - radius * angle.sin())
    }
}
