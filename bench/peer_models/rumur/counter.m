-- A counter that wraps around at ten.

var n: 0..9;

startstate begin
  n := 0;
end;

rule "step" true ==> begin
  n := (n + 1) % 10;
end;
