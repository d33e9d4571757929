//! Memory is none of the models' affair.

pub fn ended() {}
