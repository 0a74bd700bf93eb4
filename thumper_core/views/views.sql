-- The views that people script against, but for those of photos (photo_views.sql). The base tables
-- below are registered by session.py, whose session may also keep what is shown in temporary tables:
--   lake_outcomes, lake_detections, lake_embeddings (once.sql); lake_tracklets, lake_assignments,
--   lake_profiles (Parquet); ledger_individuals, runs, jobs, decisions, herds, class_meanings,
--   present, merged, replaced (photos that a larger version is used for), run_conf_min, our_deer (one row: species, every_animal, species_chance_min, sex_chance_min), deer_photos (Arrow);
--   readings (Parquet), run_heads, seen_flanks (what heads say); said_flanks (what people say of flanks); repeats (repeated.py; empty in a light session);
--   kept_detections, kept_counts (what run_conf_min leaves); corrections, moved, drawn (from decisions); shown (one row: the run and the
--   herd that are promoted).

create or replace view all_outcomes as
select o.* replace (
    case when t.run_id is null then o.n_detections else coalesce(k.n, 0) end as n_detections)
from lake_outcomes o
left join run_conf_min t on t.run_id = o.run_id
left join kept_counts k on k.run_id = o.run_id and k.photo_id = o.photo_id
where o.photo_id not in (select photo_id from replaced);
create or replace view outcomes as
select o.* from all_outcomes o, shown where o.run_id = shown.run_id;

-- The one place that says of which species a detection is. A person's word comes first, then what
-- the class stands for, then the class itself. Where that is "deer", which names no species, it is the
-- species of interest (`our_deer`); and so is an "animal", of which nobody knows the species, in the
-- photos where the settings say that every animal is one (`every_animal`, `deer_photos`). Where nobody
-- says more than "animal", or no sex of a deer, the run's heads are asked (`readings`, `run_heads`): what
-- they say counts from a chance on; below it the species stays "animal" and the sex "unknown". A "deer"
-- without a sex, of which the head doubts more than the detector is sure of it, is another animal:
-- detectors that were tuned on deer take a coyote for one.
create or replace view all_detections as
with both_sources as (
    select d.run_id, d.detection_id, d.photo_id, d.ordinal, coalesce(b.x1, d.x1) as x1,
        coalesce(b.y1, d.y1) as y1, coalesce(b.x2, d.x2) as x2, coalesce(b.y2, d.y2) as y2,
        d.confidence, d."class", d.sharpness,
        case when f.run_id is not null then 'fixture'
            else coalesce(c.species, m.species, d."class") end as species,
        case when f.run_id is not null then 'unknown'
            else coalesce(c.sex, m.sex, 'unknown') end as sex,
        case when f.run_id is not null then 'unknown'
            else coalesce(c.age_class, m.age_class, 'unknown') end as age_class,
        case when c.detection_id is null then 'model' else 'human' end as source,
        f.n_photos as repeated, f.first_at as repeated_first, f.last_at as repeated_last,
        f.place_id as repeated_place, d.frame_ms, d.track,
        coalesce(c.is_animal, true) as is_animal, c.species is null as is_by_model,
        h.p_deer, h.p_male
    from kept_detections d
    join runs r on r.run_id = d.run_id
    left join class_meanings m on m.detector = r.detector and m."class" = d."class"
    left join corrections c on c.run_id = d.run_id and c.detection_id = d.detection_id
    left join moved b on b.run_id = d.run_id and b.detection_id = d.detection_id
    left join readings h on h.run_id = d.run_id and h.detection_id = d.detection_id
    -- what comes back at one place is a fixture, unless a person said what it is
    left join repeats f on f.run_id = d.run_id and f.detection_id = d.detection_id
        and f.said is distinct from 'resting_place' and c.detection_id is null
    union all by name
    select * from drawn
),
asked as (
    -- the picture that the box lies in: the photo, or one frame of a clip
    select b.*, b.photo_id || coalesce('#' || lpad(b.frame_ms::varchar, 8, '0'), '') as picture_id,
        o.species as our_species, o.sex_chance_min, q.species_head, q.sex_head,
        b.species = 'animal' and b.is_by_model as is_open,
        is_open and (o.every_animal or a.photo_id is not null) as by_setting,
        is_open and coalesce(b.p_deer >= o.species_chance_min, false) as by_head,
        b.species = 'deer' and b.is_by_model and b.sex = 'unknown' and not o.every_animal
            and a.photo_id is null and coalesce(1 - b.p_deer > b.confidence, false)
            as is_denied
    from both_sources b
    cross join our_deer o
    left join deer_photos a on a.photo_id = b.photo_id
    left join run_heads q on q.run_id = b.run_id
    where b.is_animal
),
named as (
    select * replace (
        case when is_denied then 'other animal'
            when species = 'deer' or by_setting or by_head then our_species else species end
            as species),
        case when source = 'human' then 'human' when is_denied then species_head
            when not is_open then 'detector'
            when by_setting then 'setting' when by_head then species_head end as species_source
    from asked
),
sexed as (
    select *, species = our_species as is_deer, sex as said_sex,
        is_deer and source <> 'human' and sex = 'unknown' and age_class <> 'fawn' as asks_sex,
        case when not asks_sex then null when p_male >= sex_chance_min then 'male'
            when 1 - p_male >= sex_chance_min then 'female' end as head_sex
    from named
)
select sexed.* exclude (is_animal, is_by_model, our_species, sex_chance_min, species_head, sex_head,
        is_open, by_setting, by_head, is_denied, said_sex, asks_sex, head_sex)
    replace (coalesce(head_sex, said_sex) as sex),
    case when species_source = 'human' then 1::float when species_source = 'detector' then confidence
        when by_head then p_deer when is_denied then 1 - p_deer end as species_confidence,
    case when head_sex is not null then sex_head when said_sex = 'unknown' then null
        when source = 'human' then 'human' else 'detector' end as sex_source,
    case when head_sex = 'male' then p_male when head_sex = 'female' then 1 - p_male
        when said_sex = 'unknown' then null when source = 'human' then 1::float
        else confidence end as sex_confidence,
    case when is_deer then coalesce(w.flank, n.flank, 'unknown') else 'unknown' end as flank,
    case when not is_deer then null when w.flank is not null then 'human' else n.said_by end
        as flank_source,
    case when not is_deer then null when w.flank is not null then 1::float else n.chance end
        as flank_confidence
from sexed
left join said_flanks w on w.run_id = sexed.run_id and w.detection_id = sexed.detection_id
left join seen_flanks n on n.run_id = sexed.run_id and n.detection_id = sexed.detection_id;
-- What was found in smaller versions of pictures, as if it had been found in the ones that are used.
create or replace view replaced_detections as
select d.run_id, d.detection_id, r.used_id as photo_id,
    (d.x1 * r.scale_x)::float as x1, (d.y1 * r.scale_y)::float as y1,
    (d.x2 * r.scale_x)::float as x2, (d.y2 * r.scale_y)::float as y2
from lake_detections d join replaced r using (photo_id);
create or replace view detections as
select d.* from all_detections d, shown where d.run_id = shown.run_id;

create or replace view all_embeddings as select * from lake_embeddings;
create or replace view embeddings as
select e.* from all_embeddings e, shown where e.run_id = shown.run_id;

create or replace view all_tracklets as select * exclude (shard_file) from lake_tracklets;
create or replace view tracklets as
select t.* from all_tracklets t, shown where t.herd_id = shown.herd_id;

create or replace view all_assignments as select * exclude (shard_file) from lake_assignments;
create or replace view assignments as
select a.* from all_assignments a, shown where a.herd_id = shown.herd_id;

-- herds made before profiles had a stability have none
create or replace view all_profiles as
select * exclude (shard_file) from lake_profiles
union all by name
select null::float as stability where false;
create or replace view profiles as
select p.* from all_profiles p, shown where p.herd_id = shown.herd_id;

-- What a deer is called in every list: its name, else its ID.
create or replace view labels as
select individual_id, coalesce(nullif(trim(name), ''), individual_id) as label
from ledger_individuals;
create or replace view individuals as
select i.individual_id, i.name, l.label, i.theme, i.sex, i.age_class, i.status, i.notes,
    min(p.first_seen) as first_seen, max(p.last_seen) as last_seen,
    cast(coalesce(sum(p.n_events), 0) as integer) as n_events,
    cast(coalesce(sum(p.n_detections), 0) as integer) as n_detections,
    any_value(p.best_detection_id) as best_detection_id, any_value(m.merged_into) as merged_into,
    coalesce(i.watched, 0) = 1 or i.individual_id in (
        select m.merged_into from merged m join ledger_individuals w using (individual_id)
        where w.watched = 1 and m.merged_into is not null) as watched, try_cast(i.status_on as date) as status_on, i.status_by
from ledger_individuals i
join labels l using (individual_id)
left join profiles p using (individual_id)
left join merged m using (individual_id)
group by all;
