-- Labels of the paid data sets that Amazon lists for an instance, separated by commas; null if Amazon says nothing about
-- them.
alter table instances add column datasets text;
