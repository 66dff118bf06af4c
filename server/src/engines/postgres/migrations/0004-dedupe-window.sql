-- For which days repeats are recognised, as the pipeline has it in force: the API may run in another process.

create table if not exists dedupe_window (
  only_row boolean primary key default true check (only_row),
  days integer not null,                   -- today and as many days before it
  first_day date not null                  -- the earliest whose ids are held; may lie before the window
);
