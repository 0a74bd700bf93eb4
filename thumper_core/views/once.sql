-- What several shards hold is there once, with the newest shard's rows. A photo that was tried again is
-- in two shards of its run, and it could be in two if ever two writers worked on one run. Base tables
-- are those of tables.py with every row there is: lake_outcomes_rows, lake_detections_rows,
-- lake_embeddings_rows, photo_facts_rows, each with the `shard_file` of its row. Shards are numbered,
-- so a camera computer's clock that was set back changes nothing.

-- The rows to leave out are worked out once for a state of the lake. They are few or none, so that to
-- leave them out costs a question nothing, which a window over all rows would.
create or replace temp table superseded as
with several as (
    select run_id, photo_id from lake_outcomes_rows group by all having count(*) > 1
),
shards as (
    select run_id, photo_id, parse_dirpath(shard_file) as shard
    from lake_outcomes_rows semi join several using (run_id, photo_id)
),
ranked as (
    select *, max(shard) over (partition by run_id, photo_id) as newest from shards
)
select distinct run_id, photo_id, shard from ranked where shard < newest;

create or replace temp table superseded_detections (
    run_id varchar, detection_id varchar, shard varchar);

-- Hardly ever is there anything to leave out: then nothing is asked about it. Where there is,
-- superseded.sql makes these again.
create or replace view lake_outcomes as select * exclude (shard_file) from lake_outcomes_rows;
create or replace view lake_detections as select * exclude (shard_file) from lake_detections_rows;
create or replace view lake_embeddings as select * exclude (shard_file) from lake_embeddings_rows;

create or replace view photo_facts as
select * exclude (shard_file) from photo_facts_rows
qualify row_number() over (partition by photo_id order by shard_file desc) = 1;
