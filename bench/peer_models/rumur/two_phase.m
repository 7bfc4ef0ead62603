-- Two-phase commit of N resource managers and a manager. What belongs to one resource manager is one record.

const
  N: 7;

type
  rm_t: scalarset(N);

var
  r: array[rm_t] of record
    state: enum { working, prepared, committed, aborted };
    heard: boolean;
    offers: boolean;
  end;
  tm: enum { starting, commits, aborts };
  said_commit: boolean;
  said_abort: boolean;

startstate begin
  for i: rm_t do
    r[i].state := working;
    r[i].heard := false;
    r[i].offers := false;
  end;
  tm := starting;
  said_commit := false;
  said_abort := false;
end;

rule "TMCommit" tm = starting & forall i: rm_t do r[i].heard end ==> begin
  tm := commits;
  said_commit := true;
end;

rule "TMAbort" tm = starting ==> begin
  tm := aborts;
  said_abort := true;
end;

ruleset i: rm_t do
  rule "TMRcvPrepared" tm = starting & r[i].offers ==> begin
    r[i].heard := true;
  end;

  rule "RMPrepare" r[i].state = working ==> begin
    r[i].state := prepared;
    r[i].offers := true;
  end;

  rule "RMChooseToAbort" r[i].state = working ==> begin
    r[i].state := aborted;
  end;

  rule "RMRcvCommit" said_commit ==> begin
    r[i].state := committed;
  end;

  rule "RMRcvAbort" said_abort ==> begin
    r[i].state := aborted;
  end;
end;

invariant "no two managers end differently"
  !(exists i: rm_t do r[i].state = committed end & exists i: rm_t do r[i].state = aborted end);
