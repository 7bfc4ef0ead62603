-- Operation reconciliation: A agents, O operations, room for K messages, F failovers (A = O, operation o is bound to
-- agent o). The number of messages in flight is kept in nmsg.

const
  O: 2;
  K: 16;
  F: 1;

type
  op: 0..O - 1;
  kind: enum { acc, app, upd, std, stl, ack, akm, rec };

var
  epoch: 0..F;
  reg: array[op] of boolean;
  fw: array[op] of 0..3; -- new, pending, done, lost
  ms: array[op] of 0..2; -- unknown, pending, done
  ra: array[op] of 0..3; -- unknown, pending, finished, acknowledged
  rp: array[op] of 0..2; -- nothing, applying, applied
  net: array[op] of array[kind] of boolean;
  nmsg: 0..8 * O;

procedure take(o: op; k: kind);
begin
  net[o][k] := false;
  nmsg := nmsg - 1;
end;

procedure send(o: op; k: kind);
begin
  if !net[o][k] then
    net[o][k] := true;
    nmsg := nmsg + 1;
  end;
end;

startstate begin
  epoch := 0;
  nmsg := 0;
  for o: op do
    reg[o] := true;
    fw[o] := 0;
    ms[o] := 0;
    ra[o] := 0;
    rp[o] := 0;
    for k: kind do
      net[o][k] := false;
    end;
  end;
end;

ruleset o: op do
  rule "Submit" fw[o] = 0 & nmsg < K ==> begin
    fw[o] := 1;
    send(o, acc);
  end;

  rule "MRcvAccept" net[o][acc] ==> begin
    take(o, acc);
    if reg[o] then
      if ms[o] = 0 then ms[o] := 1; end;
      send(o, app);
    else
      send(o, stl);
    end;
  end;

  rule "ARcvApply" net[o][app] ==> begin
    take(o, app);
    if ra[o] = 0 then ra[o] := 1; end;
  end;

  rule "RPStart" ra[o] = 1 & rp[o] = 0 ==> begin
    rp[o] := 1;
  end;

  rule "RPDone" rp[o] = 1 ==> begin
    rp[o] := 2;
  end;

  rule "AFinish" ra[o] = 1 & rp[o] = 2 & nmsg < K ==> begin
    ra[o] := 2;
    send(o, upd);
  end;

  rule "AResend" ra[o] = 2 & reg[o] & !net[o][upd] & nmsg < K ==> begin
    send(o, upd);
  end;

  rule "MRcvUpdate" net[o][upd] ==> begin
    take(o, upd);
    if reg[o] then
      ms[o] := 2;
      send(o, std);
    end;
  end;

  rule "FRcvDone" net[o][std] ==> begin
    take(o, std);
    fw[o] := 2;
    send(o, ack);
  end;

  rule "FRcvLost" net[o][stl] ==> begin
    take(o, stl);
    if fw[o] = 1 then fw[o] := 3; end;
  end;

  rule "Reconcile" fw[o] = 1 & !net[o][rec] & nmsg < K ==> begin
    send(o, rec);
  end;

  rule "MRcvRecon" net[o][rec] ==> begin
    take(o, rec);
    if ms[o] = 2 then
      send(o, std);
    elsif ms[o] = 0 & reg[o] then
      send(o, stl);
    end;
  end;

  rule "MRcvAck" net[o][ack] ==> begin
    take(o, ack);
    if reg[o] then send(o, akm); end;
  end;

  rule "ARcvAck" net[o][akm] ==> begin
    take(o, akm);
    if ra[o] = 2 then ra[o] := 3; end;
  end;

  rule "Reregister" !reg[o] ==> begin
    reg[o] := true;
    if ra[o] = 1 then
      ms[o] := 1;
    elsif ra[o] = 2 then
      ms[o] := 2;
    end;
  end;

  ruleset k: kind do
    rule "Lose" net[o][k] ==> begin
      take(o, k);
    end;
  end;
end;

rule "Failover" epoch < F ==> begin
  epoch := epoch + 1;
  for o: op do
    reg[o] := false;
    ms[o] := 0;
  end;
end;

invariant "done is applied" forall o: op do fw[o] = 2 -> rp[o] = 2 end;
invariant "acknowledged is done" forall o: op do ra[o] = 3 -> fw[o] = 2 end;
