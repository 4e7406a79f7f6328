variable "region" {
  default = "europe-west3"
}

variable "db_password" {
  type    = string
  default = "mPuPGrHRDg506Z2v"
}
