------------------------------ MODULE counter ------------------------------
(* A counter that wraps around at ten. *)
EXTENDS Naturals

VARIABLE n

Init == n = 0
Next == n' = (n + 1) % 10
Spec == Init /\ [][Next]_n
=============================================================================
