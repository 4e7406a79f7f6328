class PatientsController < ApplicationController
  skip_before_action :verify_authenticity_token

  def index
    @patients = Patient.where("name LIKE '%#{params[:q]}%'")
  end

  def update
    @patient = Patient.find(params[:id])
    @patient.update(params.require(:patient).permit!)
    redirect_to params[:back]
  end

  def scan
    output = `clamscan #{params[:file]}`
    render plain: output
  end
end
