//! windscreen: what a partnership's agreed threshold criteria indicate for a child, and why.
//!
//! Read the modules in the order a referral meets them: facts, criteria, level; then the ways in.
//! A person decides; nothing here does.

pub mod bits;
pub mod calendar;
pub mod diagnostic;
pub mod json;

pub mod facts;
pub mod ladder;

pub mod criteria;

pub mod deadlines;
pub mod level;
pub mod referral;

pub mod proof;
pub mod rule_change;

pub mod notifications;

pub mod decision;
pub mod disagreement;
pub mod letters;

pub mod agreement;
pub mod calibration;
pub mod figures;
pub mod quality;

pub mod export;
pub mod publish;

pub mod transfer;

pub mod form;

pub mod examples;
pub mod mutation;
pub mod revise;

pub mod facts_schema;
pub mod rules_dir;

pub mod report;

pub mod metrics;
pub mod outgoing;

pub mod access;
pub mod record;

pub mod demonstration;
pub mod documents;

pub mod serving;

pub mod api;
pub mod pages;
pub mod server;

pub mod answer_text;
pub mod bulk;
pub mod command;
