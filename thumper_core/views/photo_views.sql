-- The views that need the table `photos` (photo_table.sql), besides what views.sql stands on.

-- How well a box shows its animal, for every choice of a best picture; only its order means anything. Less
-- where the frame cuts the animal, and in infrared, which hides the coat.
create or replace macro picture_score(
    confidence, sharpness, x1, y1, x2, y2, width, height, is_infrared
) as confidence * sqrt(greatest(coalesce(sharpness, 1), 1))
    * sqrt(greatest((x2 - x1) * (y2 - y1), 1))
    * case when least(x1, y1, width - x2, height - y2) < 2 then 0.4 else 1 end
    * case when is_infrared then 0.7 else 1 end;

create or replace view bursts as
select burst_id, any_value(event_id) as event_id, any_value(camera) as camera,
    min(taken_at) as started_at, max(taken_at) as ended_at, count(*) as n_photos,
    bool_and(is_time_evidence) as is_time_evidence
from photos group by burst_id;

create or replace view events as
select event_id, any_value(camera) as camera, min(taken_at) as started_at,
    max(taken_at) as ended_at, count(*) as n_photos, count(distinct burst_id) as n_bursts,
    bool_and(is_time_evidence) as is_time_evidence
from photos group by event_id;

-- Where the same came back, of the shown run: what stands there is no animal, unless `said` says so.
-- One row a place, with the detection that shows it best.
create or replace view fixtures as
select f.run_id, f.place_id, f.camera, f.is_infrared, f.place_x1 as x1, f.place_y1 as y1,
    f.place_x2 as x2, f.place_y2 as y2, f.n_photos, f.n_events, f.n_days, f.share, f.first_at,
    f.last_at, f.said, f.detection_id, d.photo_id, d.frame_ms
from repeats f join kept_detections d on d.run_id = f.run_id and d.detection_id = f.detection_id,
    shown
where f.is_picture and f.run_id = shown.run_id;

create or replace view sightings as
select a.individual_id, i.name, coalesce(l.label, a.individual_id) as label, ph.camera, ph.event_id, min(ph.taken_at) as started_at,
    max(ph.taken_at) as ended_at, cast(count(*) as integer) as n_detections,
    arg_max(d.detection_id, picture_score(d.confidence, d.sharpness, d.x1, d.y1, d.x2, d.y2, ph.width,
        ph.height, ph.is_infrared)) as best_detection_id,
    any_value(i.sex) as sex, any_value(i.age_class) as age_class,
    bool_and(ph.is_time_evidence) as is_time_evidence,
    arg_min(ph.taken_at_precision, ph.taken_at) as taken_at_precision
from assignments a
join detections d using (detection_id)
join photos ph using (photo_id)
left join ledger_individuals i using (individual_id)
left join labels l using (individual_id)
where a.individual_id is not null and d.repeated is null
group by a.individual_id, i.name, l.label, ph.camera, ph.event_id;
