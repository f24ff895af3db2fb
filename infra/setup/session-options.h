// What tfjs-node's binding is compiled with (`-include`): its sessions take the options that this process's environment names, a
// ConfigProto (tensorflow/core/protobuf/config.proto) in hexadecimal digits. The binding itself asks for none, and hands on none.
#pragma once
#include <cstdio>
#include <cstdlib>
#include <string>

#include "tensorflow/c/c_api.h"

inline TF_SessionOptions *CounterflowSessionOptions() {
  TF_SessionOptions *options = TF_NewSessionOptions();
  const char *digits = std::getenv("COUNTERFLOW_SESSION_CONFIG");
  if (digits == nullptr) return options;
  std::string config;
  for (unsigned int byte; std::sscanf(digits, "%2x", &byte) == 1; digits += 2) config.push_back(static_cast<char>(byte));
  TF_Status *status = TF_NewStatus();
  TF_SetConfig(options, config.data(), config.size(), status);
  if (TF_GetCode(status) != TF_OK) std::fprintf(stderr, "COUNTERFLOW_SESSION_CONFIG: %s\n", TF_Message(status));
  TF_DeleteStatus(status);
  return options;
}

#define TF_NewSessionOptions CounterflowSessionOptions
