-- Peterson's lock for N processes. Nobody is the victim of a level: its value is undefined.

const
  N: 5;

type
  process: scalarset(N);
  level_t: 0..N - 1;
  at_t: enum { outside, announce, waiting, inside };

var
  pc: array[process] of at_t;
  level: array[process] of level_t;
  victim: array[1..N - 1] of process;

startstate begin
  for i: process do
    pc[i] := outside;
    level[i] := 0;
  end;
  for l: 1..N - 1 do
    undefine victim[l];
  end;
end;

ruleset i: process do
  rule "climb" pc[i] = outside ==> begin
    level[i] := level[i] + 1;
    pc[i] := announce;
  end;

  rule "yield" pc[i] = announce ==> begin
    victim[level[i]] := i;
    pc[i] := waiting;
  end;

  rule "pass" pc[i] = waiting & (victim[level[i]] != i | forall k: process do k = i | level[k] < level[i] end) ==> begin
    pc[i] := level[i] = N - 1 ? inside : outside;
  end;

  rule "leave" pc[i] = inside ==> begin
    level[i] := 0;
    pc[i] := outside;
  end;
end;

invariant "at most one inside"
  forall i: process do pc[i] = inside -> forall k: process do k = i | pc[k] != inside end end;
