-- The account at a vendor that a destination uses, where somebody names it: destinations of one account share its rate. Null: it is told by the settings.
alter table destination add column if not exists account text;
create or replace trigger delivery_meaning after insert or delete or update of settings_sealed, tokens_sealed, version, enabled, test_people, per_second, account, status, features on destination
  for each statement execute function delivery_meaning_changed();
