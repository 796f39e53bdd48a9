frond_layer(data
  SOURCES
    data/audit.cc
    data/audit_json.cc
    data/audit_text.cc
    data/audit_warnings.cc
    data/augment.cc
    data/augment_color.cc
    data/augment_geometry.cc
    data/border_probe.cc
    data/check_dataset.cc
    data/content_hash.cc
    data/csv.cc
    data/csv_columns.cc
    data/dataset.cc
    data/duplicates.cc
    data/linear_discriminant.cc
    data/list_csv.cc
    data/list_folders.cc
    data/loader.cc
    data/look.cc
    data/natural_order.cc
    data/perceptual_hash.cc
    data/photo_source.cc
    data/rand_augment.cc
    data/resize_advice.cc
    data/row_cache.cc
    data/season_light.cc
    data/share_out.cc
    data/strata.cc
    data/walk.cc
    data/warp.cc
  DEPS base tensor spec image
  LIBRARIES nlohmann_json::nlohmann_json)
# Blends round as Pillow's do (no fused multiply-add); their loops are vectorised.
set_source_files_properties(
  data/augment_color.cc data/rand_augment.cc data/season_light.cc data/warp.cc
  PROPERTIES COMPILE_OPTIONS "-O3;-ffp-contract=off")
