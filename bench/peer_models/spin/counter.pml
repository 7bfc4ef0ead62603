/* A counter that wraps around at ten. */

byte n;

active proctype steps() {
  do
  :: d_step { true -> n = (n + 1) % 10; }
  od
}
