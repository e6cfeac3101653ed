//! Every component in every state, written to `target/gallery` for the eye and checked for the machine.
