# Readers of other people's files; every byte they see is untrusted.
if(FROND_CORE_ONLY)
  set(inflate weights/zip_inflate_none.cc)
  set(zlib)
else()
  find_package(nlohmann_json 3.11 REQUIRED)
  find_package(ZLIB REQUIRED)
  set(inflate weights/zip_inflate.cc)
  set(zlib ZLIB::ZLIB)
endif()

frond_layer(weights
  SOURCES
    weights/convert.cc
    weights/convert_bytes.cc
    weights/hub_config.cc
    weights/identify.cc
    weights/import.cc
    weights/keras.cc
    weights/labels.cc
    weights/match.cc
    weights/model_file.cc
    weights/name_map.cc
    weights/names_efficientnet_pytorch.cc
    weights/names_keras.cc
    weights/names_timm.cc
    weights/names_torchvision.cc
    weights/output_path.cc
    weights/pickle.cc
    weights/pickle_apply.cc
    weights/pickle_globals.cc
    weights/pickle_machine.cc
    weights/reference.cc
    weights/pytorch.cc
    weights/pytorch_legacy.cc
    weights/pytorch_state_dict.cc
    weights/pytorch_tensor.cc
    weights/pytorch_zip.cc
    weights/safetensors_header.cc
    weights/safetensors_read.cc
    weights/safetensors_write.cc
    weights/sniff.cc
    weights/tasks.cc
    weights/tensor_file.cc
    weights/zip.cc
    weights/zip_directory.cc
    ${inflate}
  DEPS base tensor spec
  LIBRARIES nlohmann_json::nlohmann_json ${zlib})
