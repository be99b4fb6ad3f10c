//! What every change promises, tried on every file of the rule sets that ship.

mod dice;

mod corpus;

mod every_scalar;
mod forms;

mod sequences;
